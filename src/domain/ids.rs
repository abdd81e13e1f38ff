//! Identifiers. A code is what people chose, a `Uuid` is what we made; neither says who a child is.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use uuid::Uuid;

/// Why a text is not the identifier it should be. Holds no value: it may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: 1 to {limit} characters of {allowed}")]
pub struct IdError {
    pub kind: &'static str,
    pub limit: usize,
    pub allowed: &'static str,
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $limit:literal, $allowed:literal, $test:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// # Errors
            /// When the text is empty, too long or holds another character.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let test: fn(char) -> bool = $test;
                if text.is_empty() || text.len() > $limit || !text.chars().all(test) {
                    return Err(IdError { kind: $kind, limit: $limit, allowed: $allowed });
                }
                Ok(Self(text.to_owned()))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": pattern($test, $limit) })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

/// The characters of an identifier as a regular expression; all of them are ASCII.
fn pattern(test: fn(char) -> bool, limit: usize) -> String {
    let mut class = String::new();
    for c in (' '..='~').filter(|c| test(*c)) {
        if !c.is_ascii_alphanumeric() {
            class.push('\\');
        }
        class.push(c);
    }
    let letters: String = ('a'..='z').collect();
    let class = class
        .replace(&letters, "a-z")
        .replace(&letters.to_ascii_uppercase(), "A-Z")
        .replace("0123456789", "0-9")
        .replace("\\_", "_")
        .replace("\\:", ":");
    format!("^[{class}]{{1,{limit}}}$")
}

fn kebab(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

fn principal(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

code!(
    /// The council or partnership that a record belongs to.
    Authority, "authority", 64, "a-z, 0-9 and -", kebab
);
code!(
    /// A unit that can hold a request: locality team, allocation group, social work team.
    TeamId, "team", 64, "a-z, 0-9 and -", kebab
);
code!(AgencyId, "agency", 64, "a-z, 0-9 and -", kebab);
code!(
    /// A person or a service account, by a pseudonymous code; never a name.
    PrincipalId, "principal", 64, "letters, digits, -, _, . and :", principal
);
code!(RoleName, "role", 64, "a-z, 0-9 and -", kebab);
code!(WorkflowName, "workflow", 64, "a-z, 0-9 and -", kebab);
code!(StateName, "state", 64, "a-z, 0-9 and -", kebab);
code!(MoveName, "move", 64, "a-z, 0-9 and -", kebab);
code!(EventName, "event", 64, "a-z, 0-9 and -", kebab);
code!(ClockName, "clock", 64, "a-z, 0-9 and _", |c| kebab(c)
    || c == '_');
code!(LadderName, "ladder", 64, "a-z, 0-9 and _", |c| kebab(c)
    || c == '_');
code!(CalendarName, "calendar", 64, "a-z, 0-9 and -", kebab);
code!(
    /// Why somebody did what is not done without a reason. A code, since free text may name people;
    /// its words are the definition's.
    ReasonCode, "reason", 64, "a-z, 0-9 and -", kebab
);

impl PrincipalId {
    /// Who acts when time goes by.
    #[must_use]
    pub fn of_engine() -> Self {
        Self("engine".to_owned())
    }
}

impl ClockName {
    /// The clock of a claim's lease: no definition has another of that name.
    pub const CLAIM: &str = "claim";

    #[must_use]
    pub fn of_claim() -> Self {
        Self(Self::CLAIM.to_owned())
    }

    #[must_use]
    pub fn is_of_claim(&self) -> bool {
        self.0 == Self::CLAIM
    }

    /// The days of the child's plan: no definition has another clock of that name either.
    pub const ACTION: &str = "action";

    #[must_use]
    pub fn of_action() -> Self {
        Self(Self::ACTION.to_owned())
    }

    #[must_use]
    pub fn is_of_action(&self) -> bool {
        self.0 == Self::ACTION
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// SHA-256 of a definition's canonical JSON; what a request is pinned to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DefinitionHash(pub [u8; 32]);

impl From<DefinitionHash> for String {
    fn from(hash: DefinitionHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for DefinitionHash {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        const WRONG: IdError = IdError {
            kind: "definition hash",
            limit: 64,
            allowed: "hexadecimal digits",
        };
        if text.len() != 64 || !text.is_ascii() {
            return Err(WRONG);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| WRONG)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| WRONG)?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Display for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What people quote on the phone: eight random Crockford characters and a check character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(String);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CROCKFORD_CHECK: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

impl Reference {
    /// Takes the low 40 bits.
    #[must_use]
    pub fn from_random(random: u64) -> Self {
        let value = random & 0xff_ffff_ffff;
        let mut text: String = (0..8)
            .rev()
            .map(|i| CROCKFORD[usize::try_from(value >> (5 * i) & 31).unwrap_or(0)] as char)
            .collect();
        text.push(CROCKFORD_CHECK[usize::try_from(value % 37).unwrap_or(0)] as char);
        Self(text)
    }

    /// Reads as people write: lower case, hyphens and spaces allowed, `o` as zero, `i`, `l` as one.
    ///
    /// # Errors
    /// When a character is missing, foreign, or the check character does not fit.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const WRONG: IdError = IdError {
            kind: "reference",
            limit: 9,
            allowed: "Crockford characters, the last one checking the first eight",
        };
        let plain: Vec<u8> = text
            .bytes()
            .filter(|b| !matches!(b, b'-' | b' '))
            .map(|b| match b.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            })
            .collect();
        if plain.len() != 9 {
            return Err(WRONG);
        }
        let mut value = 0_u64;
        for byte in &plain[..8] {
            let digit = CROCKFORD.iter().position(|c| c == byte).ok_or(WRONG)?;
            value = value << 5 | digit as u64;
        }
        let made = Self::from_random(value);
        if made.0.as_bytes() == plain {
            Ok(made)
        } else {
            Err(WRONG)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reference {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_survives_how_people_write_it() {
        let reference = Reference::from_random(0x12_3456_789a);
        let spoken = reference
            .as_str()
            .to_lowercase()
            .replace('0', "o")
            .replace('1', "l");
        assert_eq!(Reference::parse(&spoken), Ok(reference));
    }

    #[test]
    fn a_reference_with_one_wrong_character_is_refused() {
        let text = Reference::from_random(77).as_str().to_owned();
        for i in 0..8 {
            let mut wrong: Vec<u8> = text.clone().into_bytes();
            wrong[i] = if wrong[i] == b'7' { b'8' } else { b'7' };
            assert!(Reference::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
        }
    }

    #[test]
    fn a_code_refuses_capitals_spaces_and_excess_and_echoes_nothing() {
        for wrong in ["", "Ayr", "a b", &"a".repeat(65)] {
            let error = TeamId::parse(wrong).unwrap_err().to_string();
            assert!(error.starts_with("team:"));
        }
    }
}
