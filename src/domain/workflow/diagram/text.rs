//! How wide a text is, without asking a font: Arial's widths, and a little more for its neighbours.

/// What fonts that stand in for Arial need beyond it.
const SPARE: f64 = 1.08;

/// Pixels of a line in a size; bold letters are wider.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let units: f64 = text.chars().map(unit).sum();
    units * size * SPARE * if bold { 1.08 } else { 1.0 }
}

/// Of the size of the font, in the font's own units (em).
fn unit(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' | '’' => 0.24,
        'f' | 't' | 'I' | ' ' | '.' | ',' | ':' | ';' | '!' | '/' | '\\' | '[' | ']' => 0.29,
        'r' | '(' | ')' | '-' | '“' | '”' | '"' | '·' => 0.35,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 0.51,
        'm' | 'M' => 0.84,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 0.73,
        'G' | 'O' | 'Q' => 0.79,
        'W' | '—' => 0.96,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' => 0.68,
        'F' | 'L' | 'T' | 'Z' => 0.62,
        letter if letter.is_ascii() => 0.57,
        // Scripts that Arial does not draw can be square.
        _ => 1.0,
    }
}

/// Lines that each fit into the width, broken between words; a longer word is cut.
pub(super) fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text
        .split_whitespace()
        .flat_map(|word| cut(word, size, bold, room))
    {
        let longer = if line.is_empty() {
            word.clone()
        } else {
            format!("{line} {word}")
        };
        if width(&longer, size, bold) <= room || line.is_empty() {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn cut(word: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        if let Some(piece) = pieces.last_mut() {
            let longer = format!("{piece}{letter}");
            if width(&longer, size, bold) <= room || piece.is_empty() {
                *piece = longer;
                continue;
            }
        }
        pieces.push(letter.to_string());
    }
    pieces
}
