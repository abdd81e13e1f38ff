//! What was typed into a form: names and texts, as the browser sent them.

use crate::api::problem::{Kind, Problem};
use crate::screens::Screens;
use axum::extract::{Form, FromRequest, Request};
use serde::{Deserialize, Serialize};

/// Names of what a form carries besides the answers.
pub(in crate::screens) const CARRIED: [&str; 4] = ["key", "version", "again", "go"];

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::screens) struct Typed {
    pub(super) pairs: Vec<(String, String)>,
}

impl Typed {
    /// The text of a field that is there once at most.
    pub(in crate::screens) fn one(&self, name: &str) -> Option<&str> {
        let mut found = self.pairs.iter().filter(|(found, _)| found == name);
        found.next().map(|(_, text)| text.as_str())
    }

    pub(in crate::screens) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.pairs.iter().filter(move |(found, _)| found == name);
        found.map(|(_, text)| text.as_str())
    }

    pub(in crate::screens) fn put(&mut self, name: &str, text: &str) {
        self.pairs.retain(|(known, _)| known != name);
        self.pairs.push((name.to_owned(), text.to_owned()));
    }

    /// Whether something stands in a field or in one inside of it.
    pub(super) fn holds(&self, path: &str) -> bool {
        self.pairs
            .iter()
            .any(|(name, text)| is_in(name, path) && !text.trim().is_empty())
    }

    /// Takes out what belongs to some fields.
    pub(in crate::screens) fn without(&mut self, paths: &[&str]) {
        self.pairs
            .retain(|(name, _)| !paths.iter().any(|path| is_in(name, path)));
    }

    /// Takes over what was typed elsewhere.
    pub(in crate::screens) fn take(&mut self, other: Self) {
        let carried = |name: &str| CARRIED.contains(&name);
        let pairs = other.pairs.into_iter();
        self.pairs.extend(pairs.filter(|(name, _)| !carried(name)));
    }

    pub(in crate::screens) fn names(&self) -> Vec<String> {
        self.pairs.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(in crate::screens) fn is_empty(&self) -> bool {
        self.pairs.iter().all(|(_, text)| text.trim().is_empty())
    }
}

pub(super) fn is_in(name: &str, path: &str) -> bool {
    name.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl FromRequest<Screens> for Typed {
    type Rejection = Problem;

    async fn from_request(request: Request, screens: &Screens) -> Result<Self, Problem> {
        let limits = screens.app.limits;
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, limits.body_bytes_max);
        let read = tokio::time::timeout(limits.body_deadline, body).await;
        let bytes = match read {
            Err(_) => {
                return Err(Problem::new(
                    Kind::TooSlow,
                    "The form took too long to arrive.",
                ));
            }
            Ok(Err(_)) => return Err(Problem::new(Kind::TooLarge, "The form is too long.")),
            Ok(Ok(bytes)) => bytes,
        };
        let request = Request::from_parts(parts, bytes.into());
        let form = Form::<Vec<(String, String)>>::from_request(request, screens).await;
        let Form(pairs) =
            form.map_err(|_| Problem::new(Kind::BadMedia, "The form cannot be read."))?;
        Ok(Self { pairs })
    }
}
