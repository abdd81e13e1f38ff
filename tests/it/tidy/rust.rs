//! As much Rust as the rules need: code without comments and texts, and without its test modules.

/// The code with comments, string and character literals blanked; lines stay where they are.
pub(super) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped(bytes, at);
        if end > at {
            blank(&text[at..end], &mut out);
            at = end;
        } else {
            let character = text[at..].chars().next().unwrap_or(' ');
            out.push(character);
            at += character.len_utf8();
        }
    }
    out
}

fn blank(text: &str, out: &mut String) {
    out.extend(text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

/// Where the comment or literal that begins at `at` ends; `at` itself where none begins.
fn skipped(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if rest.starts_with(b"//") {
        return at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return at + find(rest, b"*/").map_or(rest.len(), |end| end + 2);
    }
    if rest[0] == b'"' {
        return at + escaped_end(rest, b'"');
    }
    if rest[0] == b'r' && !in_word {
        let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
        if rest.get(1 + hashes) == Some(&b'"') {
            let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
            let open = hashes + 2;
            let end =
                find(&rest[open..], &close).map_or(rest.len(), |end| open + end + close.len());
            return at + end;
        }
    }
    if rest[0] == b'\'' && is_character(rest) {
        return at + escaped_end(rest, b'\'');
    }
    at
}

/// Not a lifetime: an escape, or one character before the closing quote.
fn is_character(rest: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(6)]).into_owned();
    rest.get(1) == Some(&b'\\') || text.chars().nth(1) == Some('\'')
}

fn escaped_end(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// The lines of a file that are not in a `#[cfg(test)]` module.
pub(super) fn lines_without_tests(text: &str) -> usize {
    let code = code(text);
    let mut count = 0;
    let mut depth: Option<i64> = None;
    let mut marked = false;
    for line in code.lines() {
        if depth.is_none() && line.trim() == "#[cfg(test)]" {
            marked = true;
            continue;
        }
        if marked && line.contains("mod ") && line.contains('{') {
            depth = Some(0);
        }
        marked = false;
        let Some(open) = depth else {
            count += 1;
            continue;
        };
        let open = open + occurrences(line, '{') - occurrences(line, '}');
        depth = (open > 0).then_some(open);
    }
    count
}

fn occurrences(line: &str, wanted: char) -> i64 {
    i64::try_from(line.matches(wanted).count()).unwrap_or(i64::MAX)
}

/// The words of code, with where each begins.
pub(super) fn words(code: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in code.char_indices().chain([(code.len(), ' ')]) {
        let inside = character.is_alphanumeric() || character == '_';
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from, &code[from..at]));
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    words
}

#[test]
fn comments_and_texts_are_not_code() {
    let text = "let a = \"use crate::log\"; // crate::api\n/* lapin */ let b: &'a str = r#\"x\"y\"#; let c = '\"'; tokio";
    let code = code(text);
    let words: Vec<_> = words(&code).into_iter().map(|(_, word)| word).collect();
    assert_eq!(
        words,
        ["let", "a", "let", "b", "a", "str", "let", "c", "tokio"]
    );
    assert_eq!(code.lines().count(), 2);
}

#[test]
fn what_is_compiled_for_tests_does_not_count() {
    let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n";
    assert_eq!(lines_without_tests(text), 3);
    assert_eq!(
        lines_without_tests("#[cfg(test)]\nmod tests;\nfn a() {}\n"),
        2
    );
}
