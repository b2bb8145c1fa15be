//! Everything that is put into texts of many styles can be removed again, and nothing else has changed.

use super::*;

const GROUP: &str = r#"{"matcher":"^a,b:$","hooks":[{"type":"command","command":"/x \"y/cs-hook","args":[]}]}"#;

fn nothing(_: &[Step]) -> bool {
    false
}

fn item(path: &[&str], index: usize) -> Vec<Step> {
    let mut path = keys(path);
    path.push(Step::Item(index));
    path
}

#[test]
fn removing_an_insertion_restores_the_text() {
    for text in [
        "{}",
        "{}\n",
        "\u{feff}{}",
        "{\"a\":1}",
        "{\"a\": 1, \"b\": [1, 2]}",
        "{\n  \"a\": 1\n}\n",
        "{\n\t\"a\": 1,\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{\"hooks\": []}\n\t\t]\n\t}\n}",
        "{\r\n    \"a\": {\r\n    }\r\n}\r\n",
        "{\"a\": 1,\n \"hooks\": {\"Stop\": [{}], \"Start\": [{}]}, \"z\": {\"hooks\": {\"Stop\": 7}}}",
        "  {\n\n\"hooks\"\n:\n{ \"Stop\" : [ 1 , 2 ] } }",
        "{\"\\u0068ooks\": {\"St\\u006fp\": [0]}, \"é\": \"\\u00e9\"}",
    ] {
        let known = text::parse(text).unwrap();
        let index = follow(&known, &keys(&["hooks", "Stop"])).map_or(0, |list| list.items().len());
        let grown = push(text, &["hooks", "Stop"], GROUP).unwrap();
        let grown = push(&grown, &["hooks", "New"], GROUP).unwrap();
        let grown = put(&grown, &["x", "y"], "true").unwrap();
        let value = text::parse(&grown).unwrap().value(&grown).unwrap();
        assert_eq!(value["hooks"]["Stop"][index], serde_json::from_str::<serde_json::Value>(GROUP).unwrap(), "{grown}");
        assert_eq!(value["x"]["y"], true);
        assert_eq!(grown.contains("\r\n"), text.contains("\r\n"));
        assert_eq!(
            grown.replace("\r\n", "").contains('\n'),
            text.replace("\r\n", "").contains('\n') || text.trim_start_matches(text::BOM) == "{}"
        );
        let shrunk = take(&grown, &item(&["hooks", "Stop"], index), &nothing).unwrap();
        let shrunk = take(&shrunk, &keys(&["x", "y"]), &nothing).unwrap();
        let shrunk = take(&shrunk, &item(&["hooks", "New"], 0), &nothing).unwrap();
        assert_eq!(shrunk, text);
    }
}

#[test]
fn the_style_is_that_of_the_text() {
    let tabs = push("{\n\t\"a\": 1\n}", &["hooks", "Stop"], "{\"b\":[]}").unwrap();
    assert_eq!(
        tabs,
        "{\n\t\"a\": 1,\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{\n\t\t\t\t\"b\": []\n\t\t\t}\n\t\t]\n\t}\n}"
    );
    assert_eq!(put("{\"a\":1}", &["b", "c"], "2").unwrap(), "{\"a\":1,\"b\":{\"c\":2}}");
    assert_eq!(put("{\"a\": 1}", &["b"], "2").unwrap(), "{\"a\": 1, \"b\": 2}");
    assert_eq!(put("{\"a\": {}}", &["a", "b"], "2").unwrap(), "{\"a\": {\"b\": 2}}");
    assert_eq!(put("{}\r\n", &["a"], "2").unwrap(), "{\r\n  \"a\": 2\r\n}\r\n");
    assert_eq!(put("{\n  \"a\": {}\n}", &["a", "b"], "2").unwrap(), "{\n  \"a\": {\n    \"b\": 2\n  }\n}");
}

#[test]
fn a_value_is_replaced_in_place_and_an_equal_one_left_alone() {
    assert_eq!(put("{\"a\": [ 1 ], \"b\": 2}", &["a"], "[1]").unwrap(), "{\"a\": [ 1 ], \"b\": 2}");
    assert_eq!(put("{\"a\": [ 1 ], \"b\": 2}", &["a"], "[3]").unwrap(), "{\"a\": [3], \"b\": 2}");
}

#[test]
fn removing_an_item_removes_one_comma() {
    let text = "[ 1, 2 ,\n3 ]";
    let text = format!("{{\"a\": {text}}}");
    let gone = |index| take(&text, &item(&["a"], index), &nothing).unwrap();
    assert_eq!(gone(0), "{\"a\": [ 2 ,\n3 ]}");
    assert_eq!(gone(1), "{\"a\": [ 1 ,\n3 ]}");
    assert_eq!(gone(2), "{\"a\": [ 1, 2 ]}");
    assert_eq!(gone(3), text);
}

#[test]
fn an_emptied_container_is_removed_unless_kept() {
    let text = "{\"hooks\": {\"Stop\": [ 1 ]}, \"b\": 1}";
    let path = item(&["hooks", "Stop"], 0);
    assert_eq!(take(text, &path, &nothing).unwrap(), "{\"b\": 1}");
    let keep = |path: &[Step]| *path == keys(&["hooks"]);
    assert_eq!(take(text, &path, &keep).unwrap(), "{\"hooks\": {}, \"b\": 1}");
}

#[test]
fn wrong_types_and_duplicate_keys_are_refused() {
    for (text, told) in [
        ("[]", "line 1, column 1: expected an object here, found an array: []"),
        ("{\"hooks\": []}", "line 1, column 11: expected an object here"),
        ("{\"hooks\": {\n\"Stop\": {}}}", "line 2, column 9: expected an array here"),
        ("{\"hooks\": {\"Stop\": {\n}}}", "line 1, column 20: expected an array here, found an object: { }"),
        ("{\"hooks\": null}", "line 1, column 11: expected an object here, found a plain value: null"),
        ("{\"hooks\": {}, \"hooks\": {}}", "line 1, column 15: the key \"hooks\" appears a second time here"),
    ] {
        let said = push(text, &["hooks", "Stop"], "1").unwrap_err().in_text(text);
        assert!(said.starts_with(told), "{said}");
    }
}
