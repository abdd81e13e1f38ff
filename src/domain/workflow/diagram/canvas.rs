//! Writing SVG 1.1: elements, numbers in one form, text that cannot break out of its place.

#[derive(Debug, Default)]
pub(super) struct Canvas {
    text: String,
    depth: usize,
}

impl Canvas {
    /// `attributes` are pairs; values are escaped here.
    pub(super) fn open(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.start(element, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
    }

    pub(super) fn close(&mut self, element: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.text.push_str(&format!("</{element}>\n"));
    }

    pub(super) fn empty(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.start(element, attributes);
        self.text.push_str("/>\n");
    }

    pub(super) fn write(&mut self, element: &str, attributes: &[(&str, &str)], text: &str) {
        self.start(element, attributes);
        self.text
            .push_str(&format!(">{}</{element}>\n", escape(text)));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn start(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(element);
        for (name, value) in attributes {
            self.text
                .push_str(&format!(" {name}=\"{}\"", escape(value)));
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }
}

/// XML 1.0 has no control characters, not even escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() || letter > '\u{fffd}' && letter < '\u{10000}' => {
                escaped.push('\u{fffd}');
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Half pixels at most, without a trailing zero.
pub(super) fn n(value: f64) -> String {
    format!("{}", (value * 2.0).round() / 2.0)
}
