//! A question of a form.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screens) struct Choice {
    pub(in crate::screens) value: String,
    pub(in crate::screens) label: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screens) struct Field {
    /// Inside of what it belongs to.
    pub(in crate::screens) name: String,
    pub(in crate::screens) title: String,
    pub(in crate::screens) hint: String,
    pub(in crate::screens) needed: bool,
    /// It may be without an answer, if only with some answers to other questions.
    pub(in crate::screens) may_stay_open: bool,
    /// What is said where no answer is there, or one that cannot be read.
    pub(in crate::screens) ask: Option<String>,
    pub(in crate::screens) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screens) enum Kind {
    Line,
    Text,
    Date,
    /// A local time.
    Moment,
    Number,
    /// A box to tick: yes or nothing.
    Tick,
    YesNo,
    One(Vec<Choice>),
    Many(Vec<Choice>),
    /// The same as `One` and `Many`, of whole numbers.
    OneNumber(Vec<Choice>),
    ManyNumbers(Vec<Choice>),
    Group {
        first: Vec<Field>,
        more: Vec<Field>,
    },
    Entries {
        item: Box<Field>,
        at_most: usize,
    },
    /// Not asked: the first entry has the first of them, and so on.
    Counted(Vec<String>),
}

impl Field {
    pub(super) fn path(&self, inside: &str) -> String {
        if inside.is_empty() {
            self.name.clone()
        } else {
            format!("{inside}.{}", self.name)
        }
    }

    /// Those directly inside.
    pub(in crate::screens) fn inner(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Group { first, more } => first.iter().chain(more).collect(),
            Kind::Entries { item, .. } => vec![item],
            Kind::Line
            | Kind::Text
            | Kind::Date
            | Kind::Moment
            | Kind::Number
            | Kind::Tick
            | Kind::YesNo
            | Kind::One(_)
            | Kind::Many(_)
            | Kind::OneNumber(_)
            | Kind::ManyNumbers(_)
            | Kind::Counted(_) => Vec::new(),
        }
    }

    pub(in crate::screens) fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::One(choices)
            | Kind::Many(choices)
            | Kind::OneNumber(choices)
            | Kind::ManyNumbers(choices) => choices,
            Kind::Line
            | Kind::Text
            | Kind::Date
            | Kind::Moment
            | Kind::Number
            | Kind::Tick
            | Kind::YesNo
            | Kind::Group { .. }
            | Kind::Entries { .. }
            | Kind::Counted(_) => &[],
        }
    }
}
