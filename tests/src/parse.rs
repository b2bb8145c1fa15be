//! Real parsers; each returns the structure of a text and its words.

use pulldown_cmark::{Event, Options, Parser};
use scraper::{Html, Node};
use yaml_rust2::{Yaml, YamlLoader};

/// The elements of a document, and its words.
#[derive(Debug, PartialEq)]
pub struct Parsed {
    pub structure: Vec<String>,
    pub text: String,
}

/// Parses as plain CommonMark, and with every extension of the parser.
pub fn markdown(text: &str) -> [Parsed; 2] {
    // Smart punctuation changes characters; old footnotes and metadata conflict with the new ones.
    let all = Options::all() - Options::ENABLE_SMART_PUNCTUATION - Options::ENABLE_OLD_FOOTNOTES;
    [Options::empty(), all].map(|options| events(Parser::new_ext(text, options)))
}

fn events(parser: Parser) -> Parsed {
    let mut parsed = Parsed { structure: Vec::new(), text: String::new() };
    for event in parser {
        match event {
            Event::Text(text) => parsed.text.push_str(&text),
            Event::Code(text) => {
                parsed.structure.push("code".into());
                parsed.text.push_str(&text);
            }
            Event::SoftBreak => parsed.structure.push("line end".into()),
            Event::HardBreak => parsed.text.push('\n'),
            Event::Html(html) | Event::InlineHtml(html) => parsed.structure.push(format!("html {html}")),
            Event::End(tag) => {
                parsed.text.push('\u{1}');
                parsed.structure.push(format!("end {tag:?}"));
            }
            other => parsed.structure.push(format!("{other:?}")),
        }
    }
    parsed
}

/// HTML as a browser reads it: elements with their attributes, and text.
pub fn html(text: &str) -> Parsed {
    let page = Html::parse_document(text);
    let mut parsed = Parsed { structure: Vec::new(), text: String::new() };
    for node in page.tree.nodes() {
        match node.value() {
            Node::Element(element) => {
                parsed.text.push('\u{1}');
                let attributes: Vec<String> = element.attrs().map(|(name, value)| format!(" {name}={value}")).collect();
                let depth = node.ancestors().count();
                parsed.structure.push(format!("{depth} {}{}", element.name(), attributes.concat()));
            }
            Node::Text(text) => parsed.text.push_str(text),
            Node::Comment(comment) => parsed.structure.push(format!("comment {}", &**comment)),
            _ => {}
        }
    }
    parsed
}

/// Rows of RFC 4180, all of one length.
pub fn csv(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap_or_else(|e| panic!("{e}: {text}")));
    rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
}

/// The frontmatter of a Markdown file, and the rest.
pub fn front(text: &str) -> (Yaml, &str) {
    let rest = text.strip_prefix("---\n").unwrap_or_else(|| panic!("no frontmatter: {text}"));
    let (front, body) = rest.split_once("\n---\n").unwrap_or_else(|| panic!("no end of the frontmatter: {text}"));
    let mut documents = YamlLoader::load_from_str(front).unwrap_or_else(|e| panic!("{e}: {front}"));
    assert_eq!(documents.len(), 1, "{front}");
    (documents.remove(0), body)
}
