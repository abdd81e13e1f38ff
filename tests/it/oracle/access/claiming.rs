//! Claims and looks while a request is made: who opened it is a fact that rights depend on.

use super::cast::CallerPair;
use super::fixture::RequestFixture;
use super::plan::FirstClaim;
use super::stage::{ApiCall, SweepStage, TryAnswer};
use reqwest::StatusCode;
use serde_json::json;

impl SweepStage {
    pub(super) async fn claim(&self, fixture: &mut RequestFixture, by: &str, how: FirstClaim) {
        if how == FirstClaim::None {
            return;
        }
        let taken = self.plain(fixture, by, "claim").await;
        assert!(taken.is_taken(), "a claim by {by}: {}", taken.body);
        fixture.parts.claimed_by = Some(by.to_owned());
        if how == FirstClaim::Read {
            self.open(fixture, by).await;
            // The first look under a claim may be an act.
            self.look(fixture).await;
        }
    }

    pub(super) async fn release(&self, fixture: &mut RequestFixture, by: &str) {
        let taken = self.plain(fixture, by, "release").await;
        assert!(
            taken.is_taken(),
            "a claim given back by {by}: {}",
            taken.body
        );
        fixture.parts.claimed_by = None;
        fixture.parts.claimed_before.insert(by.to_owned());
    }

    async fn plain(&self, fixture: &mut RequestFixture, by: &str, what: &str) -> TryAnswer {
        let caller = CallerPair {
            by: by.to_owned(),
            speaks_for: None,
        };
        let call = ApiCall {
            caller: &caller,
            path: format!("/requests/{}/{what}", fixture.id),
            body: json!({}),
            version: None,
        };
        let answer = self.call(&call).await;
        fixture.version = answer.version().unwrap_or(fixture.version);
        answer
    }

    /// Reads what was written, as somebody who works on it.
    pub(super) async fn open(&self, fixture: &mut RequestFixture, by: &str) {
        let shown = self.show(&format!("/requests/{}", fixture.id), by).await;
        assert_eq!(
            shown.status,
            StatusCode::OK,
            "{by} opens it: {}",
            shown.text
        );
        fixture.parts.opened.insert(by.to_owned());
    }

    /// State and version, as the team's leader sees them, or a member where there is none.
    pub(super) async fn look(&self, fixture: &mut RequestFixture) {
        let members = self.cast.members_of(&fixture.parts.team);
        let leads = |id: &&&str| self.cast.of(id).leads(&fixture.parts.team);
        let leader = members
            .iter()
            .find(|id| leads(id) && !id.starts_with("deputy"));
        let leader = *leader.or(members.last()).expect("a member of the team");
        let shown = self
            .show(&format!("/requests/{}", fixture.id), leader)
            .await;
        assert_eq!(
            shown.status,
            StatusCode::OK,
            "{leader} looks: {}",
            shown.text
        );
        if self.cast.of(leader).leads(&fixture.parts.team) {
            fixture.parts.opened.insert(leader.to_owned());
        }
        fixture.version = shown.version.unwrap();
        shown.body["state"]["name"]
            .as_str()
            .unwrap()
            .clone_into(&mut fixture.state);
        fixture.parts.waits = self.book.is_held_by(&fixture.state, "requester");
    }
}
