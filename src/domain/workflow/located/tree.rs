//! From parser events to the tree. Every rule of the strict subset is applied here.

use super::super::lint::Rule;
use super::scalar;
use super::{
    DEPTH_LIMIT, Entry, FILE_LIMIT, KEY_LIMIT, NODE_LIMIT, Node, Place, Problem, Yaml, escaped,
    quoted,
};
use serde_saphyr::granit_parser::{
    Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, options,
};

/// Reads one strict YAML document.
///
/// # Errors
/// All that is wrong with it as YAML: what the parser refuses ends the list.
pub fn read(file: &str, text: &str) -> Result<Node, Vec<Problem>> {
    let mut loader = Loader::new(file, text);
    if text.len() > FILE_LIMIT {
        loader.report(
            Place::default(),
            "",
            format!("a file of {} bytes", text.len()),
            format!("at most {FILE_LIMIT}"),
        );
        return Err(loader.problems);
    }
    if text.starts_with('\u{feff}') {
        loader.report(
            Place { line: 1, column: 1 },
            "",
            "a byte order mark",
            "UTF-8 without one",
        );
    }
    let root = loader.document();
    match root {
        Ok(Some(node)) if loader.problems.is_empty() => Ok(node),
        Ok(Some(_)) | Err(Stopped) => Err(loader.problems),
        Ok(None) => {
            loader.report(Place::default(), "", "an empty file", "one document");
            Err(loader.problems)
        }
    }
}

/// The rest of the file cannot be read; the reason is among the problems.
struct Stopped;

struct Loader<'t> {
    file: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    nodes: usize,
    problems: Vec<Problem>,
}

impl<'t> Loader<'t> {
    fn new(file: &'t str, text: &'t str) -> Self {
        // The parser's own limits lie beyond ours, so that ours is the one that people read.
        let options = options! {
            disallow_directives: true,
            emit_unresolved_aliases: true,
            emit_comments: false,
        };
        Self {
            file,
            parser: Parser::new_from_str_with_options(text, options),
            nodes: 0,
            problems: Vec::new(),
        }
    }

    fn report(
        &mut self,
        place: Place,
        pointer: &str,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) {
        self.refuse(Rule::E30, (place, pointer), found.into(), allowed.into());
    }

    fn refuse(&mut self, rule: Rule, at: (Place, &str), found: String, allowed: String) {
        let (place, pointer) = at;
        self.problems.push(Problem {
            rule,
            file: self.file.to_owned(),
            line: place.line,
            column: place.column,
            pointer: pointer.to_owned(),
            found,
            allowed,
            suggestion: None,
        });
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Stopped> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                self.broken(&error);
                Err(Stopped)
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn broken(&mut self, error: &ScanError) {
        let place = place(error.marker());
        self.report(
            place,
            "",
            format!("not YAML: {}", error.info()),
            String::new(),
        );
    }

    fn document(&mut self) -> Result<Option<Node>, Stopped> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            if event == Event::StreamEnd {
                return Ok(root);
            }
            let starts = matches!(event, Event::DocumentStart(..));
            if starts && root.is_some() {
                let place = place(&span.start);
                self.report(place, "", "a second document", "one document a file");
                return Err(Stopped);
            }
            if !starts && !matches!(event, Event::StreamStart | Event::DocumentEnd) {
                root = Some(self.node(event, span, String::new(), 0)?);
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        span: Span,
        pointer: String,
        depth: usize,
    ) -> Result<Node, Stopped> {
        let place = place(&span.start);
        self.nodes += 1;
        if self.nodes > NODE_LIMIT {
            self.report(place, &pointer, "too many values", NODE_LIMIT.to_string());
            return Err(Stopped);
        }
        let mut text_at = None;
        let yaml = if let Event::Scalar(text, style, anchor, tag) = event {
            self.plain(place, &pointer, anchor, tag.is_some());
            text_at = first_character(&text, style, span);
            self.scalar(&text, style, place, &pointer)
        } else if let Event::SequenceStart(_, anchor, tag) = event {
            self.plain(place, &pointer, anchor, tag.is_some());
            self.deeper(depth, place, &pointer)?;
            self.list(&pointer, depth + 1)?
        } else if let Event::MappingStart(_, anchor, tag) = event {
            self.plain(place, &pointer, anchor, tag.is_some());
            self.deeper(depth, place, &pointer)?;
            self.map(&pointer, depth + 1)?
        } else {
            // The parser sends nothing else where a value stands.
            self.report(place, &pointer, "an alias", "the value written out");
            Yaml::Null
        };
        Ok(Node {
            place,
            pointer,
            yaml,
            text_at,
        })
    }

    fn plain(&mut self, place: Place, pointer: &str, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.report(place, pointer, "an anchor", "values without anchors");
        }
        if tagged {
            self.report(place, pointer, "a tag", "values without tags");
        }
    }

    fn deeper(&mut self, depth: usize, place: Place, pointer: &str) -> Result<(), Stopped> {
        if depth < DEPTH_LIMIT {
            return Ok(());
        }
        self.report(
            place,
            pointer,
            "lists or maps nested too deep",
            format!("{DEPTH_LIMIT} inside one another"),
        );
        Err(Stopped)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, place: Place, pointer: &str) -> Yaml {
        if let Some(c) = text.chars().find(|c| is_hidden(*c)) {
            self.report(
                place,
                pointer,
                format!("the invisible character U+{:04X}", u32::from(c)),
                "visible characters, spaces, tabs and line ends",
            );
        }
        if style != ScalarStyle::Plain {
            return Yaml::Text(text.to_owned());
        }
        match scalar::resolve(text) {
            Ok(yaml) => yaml,
            Err(unclear) => {
                let found = format!("{}, {}", quoted(text), unclear.reading());
                let allowed = unclear.allowed().to_owned();
                self.refuse(Rule::E23, (place, pointer), found, allowed);
                Yaml::Null
            }
        }
    }

    fn list(&mut self, pointer: &str, depth: usize) -> Result<Yaml, Stopped> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Yaml::List(items));
            }
            let child = format!("{pointer}/{}", items.len());
            items.push(self.node(event, span, child, depth)?);
        }
    }

    fn map(&mut self, pointer: &str, depth: usize) -> Result<Yaml, Stopped> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Yaml::Map(entries));
            }
            let key_place = place(&span.start);
            let key_node = self.node(event, span, pointer.to_owned(), depth)?;
            let key = self.key(&key_node, &entries);
            let child = format!("{pointer}/{}", escaped(key.as_deref().unwrap_or("")));
            let (event, span) = self.next()?;
            let value = self.node(event, span, child, depth)?;
            if let Some(key) = key {
                entries.push(Entry {
                    key,
                    place: key_place,
                    value,
                });
            }
        }
    }

    /// A key is a text, short, and stands once in its map.
    fn key(&mut self, node: &Node, before: &[Entry]) -> Option<String> {
        let Some(key) = node.as_text() else {
            // A refused reading was already reported.
            if node.yaml != Yaml::Null || self.problems.is_empty() {
                let found = format!("{} as a key", node.describe());
                self.report(node.place, &node.pointer, found, "a text, in quotes");
            }
            return None;
        };
        if key.chars().nth(KEY_LIMIT).is_some() {
            self.report(
                node.place,
                &node.pointer,
                "a key that is too long",
                format!("{KEY_LIMIT} characters"),
            );
            return None;
        }
        if let Some(first) = before.iter().find(|entry| entry.key == key) {
            let found = format!(
                "duplicate key {}, first on line {}",
                quoted(key),
                first.place.line
            );
            let at = (node.place, node.pointer.as_str());
            self.refuse(Rule::E23, at, found, "each key once".to_owned());
            return None;
        }
        Some(key.to_owned())
    }
}

fn place(marker: &Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

/// Only of a text on one line without escapes: of every other, characters cannot be counted.
fn first_character(text: &str, style: ScalarStyle, span: Span) -> Option<Place> {
    let quotes = match style {
        ScalarStyle::Plain => 0,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
        ScalarStyle::Literal | ScalarStyle::Folded => return None,
    };
    let whole = text.chars().count() + 2 * quotes;
    let as_is = span.start.line() == span.end.line()
        && span.end.col().checked_sub(span.start.col()) == Some(whole);
    let start = place(&span.start);
    as_is.then_some(Place {
        column: start.column + quotes,
        ..start
    })
}

/// Controls, and what hides or reorders text.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
