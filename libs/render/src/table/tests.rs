//! Tables in rooms of every width.

use super::*;
use crate::width::width_of;

fn table(rows: &[[&str; 5]]) -> Table {
    let mut table = Table::new(vec![
        Column::text("id"),
        Column::text("project").worth(50).shrinks(6),
        Column::number("input").worth(20),
        Column::number("cost"),
        Column::main("intent"),
    ]);
    rows.iter().for_each(|row| table.push(row.iter().map(|text| TableCell::from(*text)).collect()));
    table
}

#[test]
fn wide_characters_align_and_numbers_end_below_each_other() {
    let table = table(&[["日本", "api", "", "$5", "x"], ["abcdef", "w", "", "$120", "y"]]);
    let lines = table.lay_out(None, Paint::Plain).lines;
    assert_eq!(lines, ["ID      PROJECT  COST  INTENT", "日本    api        $5  x", "abcdef  w        $120  y"]);
}

#[test]
fn narrow_tables_say_which_columns_went() {
    let intent = "a long intent that needs all of the room that there is";
    let table = table(&[["ca5d", "the-front-page", "3.0k", "$0.12", intent]]);
    let at = |room| table.lay_out(Some(room), Paint::Plain);
    assert_eq!(at(80).dropped, [""; 0]);
    assert_eq!(at(80).lines[1], "ca5d  the-front-page   3.0k  $0.12  a long intent that needs all of the room th…");
    assert_eq!((at(44).dropped, at(30).dropped), (vec!["input".to_string()], vec!["project".into(), "input".into()]));
    assert_eq!(at(44).lines[1], "ca5d  the-fr…  $0.12  a long intent that ne…");
    assert_eq!(at(30).lines, ["ID     COST  INTENT", "ca5d  $0.12  a long intent th…"]);
}

#[test]
fn folded_rows_have_two_lines() {
    let table = table(&[["ca5d", "api", "3k", "$0.12", "a long intent"], ["beef", "web", "", "", ""]]).folds_below(60);
    let lines = table.lay_out(Some(30), Paint::Plain).lines;
    assert_eq!(lines, ["ID    PROJECT  INPUT   COST", "ca5d  api         3k  $0.12", "  a long intent", "beef  web"]);
    assert_eq!(table.lay_out(Some(60), Paint::Plain).lines.len(), 3);
}

#[test]
fn rows_become_blocks_if_nothing_else_fits() {
    let table = table(&[["sess_20261121T1000_ca5d", "api", "3k", "$0.12 + unknown", ""]]);
    let layout = table.lay_out(Some(24), Paint::Plain);
    assert_eq!(layout.lines, ["sess_20261121T1000_ca5d", "  cost $0.12 + unknown"]);
    assert_eq!(layout.dropped, ["project", "input"]);
}

#[test]
fn tables_of_texts_keep_words_whole_and_the_end_of_paths() {
    let rows = [["sess_20261121T1000_ca5d", "/home/you/src/the-shop", "a reason with many words"].map(str::to_string)];
    let table = Table::of_texts(&["id", "directory", "why"], &rows.map(Vec::from));
    let lines = table.lay_out(Some(60), Paint::Plain).lines;
    assert_eq!(lines[1], "sess_20261121T1000_ca5d  …you/src/the-shop  a reason with m…");
}

#[test]
fn no_line_is_wider_than_its_room_and_kept_columns_are_whole() {
    let intents = [
        "plain words that go on and on until nobody reads them any more, and then a few more of them for good measure",
        "日本語の長いテキストがここにあります。端末の幅に合わせて切り詰められるはずです。さらに続くテキスト",
        "👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧",
        "e\u{301}\u{301}\u{301}a\u{200d}b\u{200d}\u{200d}🏽🏽❤️❤️🇩🇪🇩🇪🇩لا لا لا شي",
        "\u{200d}\u{200d}\u{fe0f}",
        "",
    ];
    for room in 20..=200 {
        for (n, intent) in intents.iter().enumerate() {
            let project = intents[(n + 1) % intents.len()];
            let table = table(&[["ca5d", project, "3.4M", "$0.12 + unknown", intent], ["beef", "a", "", "$5", "b"]]);
            for table in [table.clone(), table.folds_below(60)] {
                let lines = table.lay_out(Some(room), Paint::Plain).lines;
                assert!(lines.iter().all(|line| width_of(line) <= room), "{room}: {lines:#?}");
                let has = |text: &str| lines.iter().any(|line| line.contains(text));
                assert!(["ca5d", "beef", "$0.12 + unknown", "$5"].into_iter().all(has), "{room}: {lines:#?}");
                let painted = table.lay_out(Some(room), Paint::Colour).lines;
                let plain: Vec<String> = painted.iter().map(|line| without_colour(line)).collect();
                assert_eq!(plain, lines);
            }
        }
    }
}

fn without_colour(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn no_mixture_of_characters_makes_a_line_too_wide() {
    const PARTS: [&str; 18] = [
        "a", " ", "日", "👩", "\u{200d}", "💻", "🏽", "🇩", "🇪", "\u{fe0f}", "❤", "\u{301}", "ل", "ا", "ﷺ", "\u{1160}",
        "क", "\u{94d}",
    ];
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..4_000 {
        let mut text = || (0..next(60)).map(|_| PARTS[next(PARTS.len())]).collect::<String>();
        let (project, intent, addition) = (text(), text(), text());
        let room = 20 + next(100);
        let mut table = table(&[["ca5d", "api", "3k", "$0.12", "an intent"]]);
        let intent = TableCell::from(intent).with(format!(" — {addition}"), Style::Asking);
        table.push(vec!["beef".into(), project.as_str().into(), "".into(), "$5".into(), intent]);
        for table in [table.clone(), table.folds_below(60)] {
            let lines = table.lay_out(Some(room), Paint::Plain).lines;
            assert!(lines.iter().all(|line| width_of(line) <= room), "{room}: {lines:#?}");
            assert!(lines.iter().any(|line| line.contains("$0.12")), "{room}: {lines:#?}");
        }
        let wrapped = crate::wrap_to_width(&project, room);
        assert!(wrapped.iter().all(|line| width_of(line) <= room), "{room}: {wrapped:#?}");
        assert!(width_of(&crate::cut_start_to_width(&project, room)) <= room);
    }
}

#[test]
fn what_a_table_is_about_gets_several_lines_if_it_is_never_cut() {
    let columns = || vec![Column::text("limit"), Column::number("used"), Column::main("outlook").whole()];
    let mut table = Table::new(columns()).folds_below(60);
    table.push(vec!["Claude 5 h".into(), "88%".into(), "at this pace 100% at 16:28, long before the reset".into()]);
    let folded = table.lay_out(Some(30), Paint::Plain).lines;
    let below = ["  at this pace 100% at 16:28,", "  long before the reset"];
    assert_eq!(folded, ["LIMIT       USED", "Claude 5 h   88%", below[0], below[1]]);
    let blocks = table.lay_out(Some(14), Paint::Plain).lines;
    assert!(blocks.iter().all(|line| width_of(line) <= 14 && !line.contains('…')), "{blocks:#?}");
    assert!(blocks.join(" ").contains("reset"), "{blocks:#?}");
}
