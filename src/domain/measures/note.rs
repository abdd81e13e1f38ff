//! What people write to figures: words to a period, values from elsewhere, tests of change, and that
//! a pack was issued. Stored for ever, in the clear: so nothing that points at somebody gets in.

use super::{MeasuresFile, is_period};
use crate::domain::ids::PrincipalId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Longest text, in characters.
pub const TEXT_MAX: usize = 4_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub by: PrincipalId,
    pub at: Timestamp,
    #[serde(flatten)]
    pub says: Says,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Says {
    /// Words to a measure in a period; to the whole pack of a month without a measure.
    Narrative {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measure: Option<String>,
        period: String,
        text: String,
    },
    /// A value of a measure that is typed in.
    Value {
        measure: String,
        period: String,
        value: f64,
        source: String,
    },
    /// A step of a small test of change.
    TestOfChange {
        id: String,
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measure: Option<String>,
        step: Step,
        #[schema(value_type = String)]
        on: Date,
        text: String,
    },
    /// Words of a child or family who let others read them, without a name. In no pack before somebody
    /// else has looked whether they point at anybody.
    Quote {
        /// By which it is looked at.
        id: String,
        period: String,
        text: String,
    },
    /// They point at nobody.
    QuoteChecked { id: String },
    /// The figures of a pack, as they went out.
    PackIssued {
        month: String,
        /// What was known then.
        position: i64,
        html_sha256: String,
        csv_sha256: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Plan,
    Do,
    Study,
    Act,
}

impl Step {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Do => "do",
            Self::Study => "study",
            Self::Act => "act",
        }
    }
}

/// Why a note cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteRefusal {
    #[error("`{found}` is not a measure")]
    UnknownMeasure { found: String, allowed: Vec<String> },
    #[error("values of this measure are counted, not typed in")]
    NotTypedIn,
    #[error("not a period")]
    NotAPeriod,
    #[error("the text is empty, or longer than {TEXT_MAX} characters")]
    Length,
    #[error("the text holds {what}: nothing may point at a child or a family")]
    PointsAtSomebody { what: &'static str },
    #[error("the value is not a number that it can have")]
    Value,
    #[error("the pack of this month was issued; write to a later one")]
    Issued,
    #[error("there is no quote of this id that waits for a check")]
    NoQuote,
    #[error("there is a quote of this id")]
    QuotedBefore,
    #[error("whoever wrote a quote down does not check it")]
    OwnQuote,
}

/// Longest quote, in characters: what is longer tells a story, and stories are known again.
pub const QUOTE_MAX: usize = 300;

impl Note {
    /// # Errors
    /// With the reason, where it cannot be taken.
    pub fn check(&self, measures: &MeasuresFile, notes: &[Self]) -> Result<(), NoteRefusal> {
        if let Says::QuoteChecked { id } = &self.says {
            let quote = notes.iter().find(|note| note.quotes(id));
            let quote = quote.ok_or(NoteRefusal::NoQuote)?;
            if quote.by == self.by {
                return Err(NoteRefusal::OwnQuote);
            }
            if is_checked(notes, id) {
                return Err(NoteRefusal::NoQuote);
            }
        }
        self.says.check(measures, notes)
    }

    fn quotes(&self, of: &str) -> bool {
        matches!(&self.says, Says::Quote { id, .. } if id == of)
    }
}

/// Quotes of a period that somebody else has looked at.
pub fn checked_quotes<'a>(notes: &'a [Note], of: &'a str) -> impl Iterator<Item = &'a str> {
    notes.iter().filter_map(move |note| match &note.says {
        Says::Quote { id, period, text } if period == of && is_checked(notes, id) => {
            Some(text.as_str())
        }
        Says::Quote { .. }
        | Says::QuoteChecked { .. }
        | Says::Narrative { .. }
        | Says::Value { .. }
        | Says::TestOfChange { .. }
        | Says::PackIssued { .. } => None,
    })
}

/// Quotes that nobody has looked at yet, as `(id, period, text)`.
pub fn quotes_to_check(notes: &[Note]) -> impl Iterator<Item = (&str, &str, &str)> {
    notes.iter().filter_map(move |note| match &note.says {
        Says::Quote { id, period, text } if !is_checked(notes, id) => {
            Some((id.as_str(), period.as_str(), text.as_str()))
        }
        Says::Quote { .. }
        | Says::QuoteChecked { .. }
        | Says::Narrative { .. }
        | Says::Value { .. }
        | Says::TestOfChange { .. }
        | Says::PackIssued { .. } => None,
    })
}

fn is_checked(notes: &[Note], of: &str) -> bool {
    let mut notes = notes.iter();
    notes.any(|note| matches!(&note.says, Says::QuoteChecked { id } if id == of))
}

impl Says {
    /// # Errors
    /// With the reason, where it cannot be taken.
    pub fn check(&self, measures: &MeasuresFile, notes: &[Note]) -> Result<(), NoteRefusal> {
        let known = |id: &String| match measures.find(id) {
            Some(measure) => Ok(measure),
            None => Err(NoteRefusal::UnknownMeasure {
                found: id.clone(),
                allowed: measures.all.iter().map(|m| m.id.clone()).collect(),
            }),
        };
        match self {
            Self::Narrative {
                measure,
                period,
                text,
            } => {
                measure.iter().try_for_each(|id| known(id).map(|_| ()))?;
                check_period(period)?;
                if is_issued(notes, period) {
                    return Err(NoteRefusal::Issued);
                }
                check_text(text)
            }
            Self::Value {
                measure,
                period,
                value,
                source,
            } => {
                if known(measure)?.figure != super::Figure::TypedIn {
                    return Err(NoteRefusal::NotTypedIn);
                }
                check_period(period)?;
                if !value.is_finite() || *value < 0.0 {
                    return Err(NoteRefusal::Value);
                }
                check_text(source)
            }
            Self::TestOfChange {
                id,
                title,
                measure,
                text,
                ..
            } => {
                measure.iter().try_for_each(|id| known(id).map(|_| ()))?;
                [id, title, text]
                    .into_iter()
                    .try_for_each(|text| check_text(text))
            }
            Self::Quote { id, period, text } => {
                check_period(period)?;
                if is_issued(notes, period) {
                    return Err(NoteRefusal::Issued);
                }
                if notes.iter().any(|note| note.quotes(id)) {
                    return Err(NoteRefusal::QuotedBefore);
                }
                if text.chars().count() > QUOTE_MAX {
                    return Err(NoteRefusal::Length);
                }
                check_text(id)?;
                check_text(text)
            }
            // `Note::check` asks whether there is such a quote.
            Self::QuoteChecked { .. } => Ok(()),
            Self::PackIssued { month, .. } if is_issued(notes, month) => Err(NoteRefusal::Issued),
            Self::PackIssued { .. } => Ok(()),
        }
    }
}

#[must_use]
pub fn is_issued(notes: &[Note], month: &str) -> bool {
    notes
        .iter()
        .any(|note| matches!(&note.says, Says::PackIssued { month: of, .. } if of == month))
}

fn check_period(period: &str) -> Result<(), NoteRefusal> {
    if is_period(period) {
        Ok(())
    } else {
        Err(NoteRefusal::NotAPeriod)
    }
}

fn check_text(text: &str) -> Result<(), NoteRefusal> {
    if text.trim().is_empty() || text.chars().count() > TEXT_MAX {
        return Err(NoteRefusal::Length);
    }
    let refuse = |what| Err(NoteRefusal::PointsAtSomebody { what });
    let is_word = |c: char| c.is_alphanumeric() || "@.-*~$=".contains(c);
    let words: Vec<&str> = text.split(|c: char| !is_word(c)).collect();
    if words.iter().any(|word| word.contains('@')) {
        return refuse("an e-mail address");
    }
    let digits = |word: &&str| word.bytes().filter(u8::is_ascii_digit).count() >= 9;
    if words.iter().any(digits)
        || words
            .windows(2)
            .any(|two| digits(&two.concat().as_str()) && all_digits(two))
    {
        return refuse("a long number");
    }
    if words.windows(2).any(is_postcode) {
        return refuse("a postcode");
    }
    if words
        .iter()
        .any(|word| crate::domain::ids::Reference::parse(word).is_ok())
    {
        return refuse("the reference of a request");
    }
    Ok(())
}

fn all_digits(words: &[&str]) -> bool {
    words
        .iter()
        .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()))
}

/// Outward and inward half, with a space between.
fn is_postcode(two: &[&str]) -> bool {
    let [outward, inward] = two else { return false };
    let letters = outward.bytes().take_while(u8::is_ascii_alphabetic).count();
    let outward_ends = outward.get(letters..).unwrap_or_default();
    (1..=2).contains(&letters)
        && (1..=2).contains(&outward_ends.len())
        && outward_ends.starts_with(|c: char| c.is_ascii_digit())
        && inward.len() == 3
        && inward.starts_with(|c: char| c.is_ascii_digit())
        && inward.bytes().skip(1).all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures() -> MeasuresFile {
        let text = include_str!("../../../workflows/measures/south-ayrshire.yaml");
        serde_saphyr::from_str(text).unwrap()
    }

    fn narrative(text: &str) -> Result<(), NoteRefusal> {
        let says = Says::Narrative {
            measure: None,
            period: "2026-07".to_owned(),
            text: text.to_owned(),
        };
        says.check(&measures(), &[])
    }

    #[test]
    fn words_that_point_at_somebody_are_refused() {
        for text in [
            "Write to invented@example.org about it.",
            "The CHI 0101201234 came twice.",
            "A family in KA7 1XX waited.",
            "See 010120 1234 for it.",
        ] {
            let refused = matches!(narrative(text), Err(NoteRefusal::PointsAtSomebody { .. }));
            assert!(refused, "{text}");
        }
        assert_eq!(
            narrative("Fewer waited in July: 31 of 120, after 44 in 2025."),
            Ok(())
        );
        assert_eq!(narrative("  "), Err(NoteRefusal::Length));
        assert_eq!(narrative(&"x".repeat(4_001)), Err(NoteRefusal::Length));
    }

    #[test]
    fn a_counted_measure_takes_no_typed_in_value_and_a_typed_in_one_does() {
        let value = |measure: &str| {
            let says = Says::Value {
                measure: measure.to_owned(),
                period: "2026".to_owned(),
                value: 9.0,
                source: "Invented return".to_owned(),
            };
            says.check(&measures(), &[])
        };
        assert_eq!(value("away-from-home-11-15"), Ok(()));
        assert_eq!(value("decided-in-time"), Err(NoteRefusal::NotTypedIn));
        assert!(matches!(
            value("nothing"),
            Err(NoteRefusal::UnknownMeasure { .. })
        ));
    }

    fn by(person: &str, says: Says) -> Note {
        Note {
            by: PrincipalId::parse(person).unwrap(),
            at: "2026-08-05T10:00:00Z".parse().unwrap(),
            says,
        }
    }

    #[test]
    fn a_quote_is_read_once_somebody_else_has_looked_at_it() {
        let quote = |id: &str, text: &str| Says::Quote {
            id: id.to_owned(),
            period: "2026-07".to_owned(),
            text: text.to_owned(),
        };
        let checked = || Says::QuoteChecked {
            id: "one".to_owned(),
        };
        let mut notes = vec![by("duty.carrick", quote("one", "Invented: I sleep again."))];
        assert_eq!(checked_quotes(&notes, "2026-07").count(), 0);
        assert_eq!(quotes_to_check(&notes).next().unwrap().0, "one");
        let refused = |note: Note, notes: &[Note]| note.check(&measures(), notes).unwrap_err();
        let own = by("duty.carrick", checked());
        assert_eq!(refused(own, &notes), NoteRefusal::OwnQuote);
        let none = Says::QuoteChecked {
            id: "two".to_owned(),
        };
        assert_eq!(
            refused(by("lead.carrick", none), &notes),
            NoteRefusal::NoQuote
        );
        let again = by("lead.carrick", quote("one", "Invented: other words."));
        assert_eq!(refused(again, &notes), NoteRefusal::QuotedBefore);
        let long = by("duty.carrick", quote("two", &"long ".repeat(70)));
        assert_eq!(refused(long, &notes), NoteRefusal::Length);
        let second = by("lead.carrick", checked());
        assert_eq!(second.check(&measures(), &notes), Ok(()));
        notes.push(second);
        let read: Vec<&str> = checked_quotes(&notes, "2026-07").collect();
        assert_eq!(read, ["Invented: I sleep again."]);
        assert_eq!(checked_quotes(&notes, "2026-08").count(), 0);
        assert_eq!(quotes_to_check(&notes).count(), 0);
        let third = by("manager.service", checked());
        assert_eq!(refused(third, &notes), NoteRefusal::NoQuote);
    }

    #[test]
    fn after_a_pack_was_issued_nothing_is_written_to_its_month() {
        let issued = Note {
            by: PrincipalId::parse("manager.service").unwrap(),
            at: "2026-08-05T10:00:00Z".parse().unwrap(),
            says: Says::PackIssued {
                month: "2026-07".to_owned(),
                position: 7,
                html_sha256: String::new(),
                csv_sha256: String::new(),
            },
        };
        let says = Says::Narrative {
            measure: None,
            period: "2026-07".to_owned(),
            text: "Late words.".to_owned(),
        };
        assert_eq!(
            says.check(&measures(), std::slice::from_ref(&issued)),
            Err(NoteRefusal::Issued)
        );
        assert_eq!(
            issued
                .says
                .check(&measures(), std::slice::from_ref(&issued)),
            Err(NoteRefusal::Issued)
        );
    }
}
