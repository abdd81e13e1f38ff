//! Text for a terminal: headings, paragraphs and items, each line at most so wide.

/// Characters of a line.
const WIDTH: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Page {
    lines: Vec<String>,
}

impl Page {
    pub(super) fn title(&mut self, text: &str) {
        self.underlined(text, "=");
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.underlined(text, "-");
    }

    pub(super) fn subheading(&mut self, text: &str) {
        self.gap();
        self.wrapped("", "  ", text);
    }

    /// Under a subheading.
    pub(super) fn sentence(&mut self, text: &str) {
        self.wrapped("  ", "  ", text);
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.wrapped("", "", text);
    }

    pub(super) fn item(&mut self, text: &str) {
        self.wrapped("  - ", "    ", text);
    }

    pub(super) fn finish(mut self) -> String {
        self.lines.push(String::new());
        self.lines.join("\n")
    }

    fn underlined(&mut self, text: &str, stroke: &str) {
        self.gap();
        self.lines.push(text.to_owned());
        self.lines.push(stroke.repeat(text.chars().count()));
    }

    fn gap(&mut self) {
        if !self.lines.is_empty() {
            self.lines.push(String::new());
        }
    }

    fn wrapped(&mut self, first: &str, rest: &str, text: &str) {
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.lines
                    .push(std::mem::replace(&mut line, rest.to_owned()));
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.lines.push(line);
    }
}
