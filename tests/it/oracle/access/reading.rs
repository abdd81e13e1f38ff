//! What everybody is shown of a request: words that stand in it and nowhere else are looked for in the
//! answers.

use super::cast::CallerPair;
use super::cell::SweepCell;
use super::fixture::RequestFixture;
use super::pages::PageVisitors;
use super::plan::FixtureRecipe;
use super::stage::{ShownRequest, SweepStage};
use super::standing::ConcernStage;
use reqwest::StatusCode;
use serde_json::json;

/// What the rules may say of reading.
pub(super) const READINGS: &[&str] = &[
    "outline",
    "clocks",
    "state",
    "identity",
    "text",
    "text with a reason",
    "private address",
    "concern text",
    "readings",
    "found by number",
];

impl SweepStage {
    pub(super) async fn try_readings(&self, recipe: &FixtureRecipe) -> Vec<SweepCell> {
        let mut fixture = self.build(recipe).await;
        let mut callers = self.callers_of(recipe);
        callers.retain(|caller| caller.speaks_for.is_none());
        // Whoever works on it may change it by reading it, so they come last.
        callers.sort_by_key(|caller| fixture.parts.claimed_by.as_ref() == Some(&caller.by));
        let mut cells = Vec::new();
        for caller in &callers {
            let base = SweepCell::of(self, caller, &fixture, &recipe.label);
            let shown = self
                .show(&format!("/requests/{}", fixture.id), &caller.by)
                .await;
            if shown
                .version
                .is_some_and(|version| version != fixture.version)
            {
                fixture = self.build(recipe).await;
            }
            let mut found = seen(&fixture, recipe, &shown.text);
            found.push(("outline", shown.status == StatusCode::OK));
            if self.book.is_restricted(&fixture.state) {
                let told = &shown.body["state"]["name"];
                found.push(("state", *told == fixture.state.as_str()));
            }
            found.extend(self.asked_beside(&fixture, caller).await);
            cells.extend(found.into_iter().map(|one| read_cell(&base, one)));
        }
        cells
    }

    async fn asked_beside(
        &self,
        fixture: &RequestFixture,
        caller: &CallerPair,
    ) -> Vec<(&'static str, bool)> {
        let path = |what: &str| format!("/requests/{}/{what}", fixture.id);
        let clocks = self.show(&path("clocks"), &caller.by).await;
        let readings = self.show(&path("readings"), &caller.by).await;
        let found = self.find(fixture, caller).await;
        let mut shown = vec![
            ("clocks", clocks.status == StatusCode::OK),
            ("readings", readings.status == StatusCode::OK),
            ("found by number", found.text.contains(&fixture.id)),
        ];
        let takes_over = self.book.hand_over("takes-over");
        let reasons = takes_over.and_then(|name| self.book.rule(name)["narrative"].as_object());
        if let Some(reason) = reasons.and_then(|reasons| reasons.keys().next())
            && self.cast.of(&caller.by).has_role("social-work-responder")
        {
            let path = format!("/requests/{}?narrative={reason}", fixture.id);
            let told = self.show(&path, &caller.by).await;
            let worry = format!("worry {}", fixture.letters);
            shown.push(("text with a reason", told.text.contains(&worry)));
        }
        shown
    }

    /// With a reason, where one is asked for.
    async fn find(&self, fixture: &RequestFixture, caller: &CallerPair) -> ShownRequest {
        let mut body = json!({ "kind": "seemis", "number": fixture.number });
        let first = self.ask("/requests/find", &caller.by, &body).await;
        let error = &first.body["errors"][0];
        let allowed = error["allowed"].as_str().unwrap_or_default();
        let Some(reason) = allowed
            .strip_prefix("one of: ")
            .filter(|_| error["pointer"] == "/reason")
        else {
            return first;
        };
        body["reason"] = json!(reason.split(", ").next());
        self.ask("/requests/find", &caller.by, &body).await
    }

    pub(super) async fn try_page_readings(
        &self,
        recipe: &FixtureRecipe,
        visitors: &PageVisitors,
    ) -> Vec<SweepCell> {
        let fixture = self.build(recipe).await;
        let mut cells = Vec::new();
        let mut names: Vec<&str> = visitors.names().collect();
        names.sort_by_key(|name| fixture.parts.claimed_by.as_deref() == Some(*name));
        for name in names {
            let caller = CallerPair {
                by: name.to_owned(),
                speaks_for: None,
            };
            let mut base = SweepCell::of(self, &caller, &fixture, &recipe.label);
            base.door = "pages";
            let page = visitors.show(&fixture.id, name).await;
            let mut found = seen(&fixture, recipe, page.as_deref().unwrap_or_default());
            found.push(("outline", page.is_some()));
            cells.extend(found.into_iter().map(|one| read_cell(&base, one)));
        }
        cells
    }
}

/// Which of the words that stand in this request alone are in an answer.
fn seen(fixture: &RequestFixture, recipe: &FixtureRecipe, text: &str) -> Vec<(&'static str, bool)> {
    let letters = &fixture.letters;
    let says = |before: &str| text.contains(&format!("{before} {letters}"));
    let mut found = vec![("identity", says("Example")), ("text", says("worry"))];
    if recipe.is_private {
        found.push(("private address", says("lane")));
    }
    if fixture.parts.concern != ConcernStage::None {
        found.push(("concern text", says("fear")));
    }
    found
}

fn read_cell(base: &SweepCell, (what, is_shown): (&'static str, bool)) -> SweepCell {
    SweepCell {
        kind: "read",
        what: vec![what.to_owned()],
        answer: if is_shown { "shown" } else { "closed" },
        ..base.clone()
    }
}
