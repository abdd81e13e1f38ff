//! `/livez` and `/readyz`: open to all, so they show states of parts and no more.

use super::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Up,
    #[default]
    Down,
    NotConfigured,
}

/// One read table and how far it is behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProjectionLag {
    pub projection: String,
    pub position: i64,
    pub lag: i64,
    /// Requests that it cannot follow: they are missing there, or stand still.
    pub parked: i64,
}

/// One lane of the relay, and what keeps it from telling everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LaneState {
    /// `relay` or `relay-restricted`
    pub lane: &'static str,
    /// Events that the broker has not confirmed yet.
    pub lag: i64,
    /// Requests whose messages wait for a queue or for another build.
    pub parked: usize,
    /// Queues that exist with other settings than ours.
    pub wrong_queues: Vec<String>,
    /// Queues that fill because nobody reads them.
    pub unread_queues: Vec<String>,
    /// Where messages lie that receivers gave back too often, how many, and what helps; if there are any.
    pub dead_letters: Option<String>,
    /// Why it stands still, if it does.
    pub trouble: Option<String>,
}

impl LaneState {
    fn is_down(&self) -> bool {
        self.parked > 0
            || !self.wrong_queues.is_empty()
            || !self.unread_queues.is_empty()
            || self.dead_letters.is_some()
            || self.trouble.is_some()
    }
}

/// What service accounts send as messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct IntakeState {
    /// Messages that wait for a person to look at them: `rfa intake list`.
    pub parked: i64,
    /// Why nothing is taken in, if nothing is.
    pub trouble: Option<String>,
}

/// Webhooks and e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticesState {
    /// Events of the log that were not put on their way to subscribers yet.
    pub lag: i64,
    /// Why none leaves, if none does.
    pub trouble: Option<String>,
}

/// The index by which children are looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LookupsState {
    /// Events of the log that look-ups do not know yet.
    pub lag: i64,
    /// Requests that it cannot follow: whoever may see them now may not find them.
    pub parked: i64,
    /// Why it stands still, if it does.
    pub trouble: Option<String>,
}

/// What was found when the parts were last asked, at most some seconds ago.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub database: Part,
    pub vault: Part,
    pub broker: Part,
    /// Events that the broker has not confirmed yet.
    pub relay_lag: Option<i64>,
    pub relay: Vec<LaneState>,
    pub intake: IntakeState,
    pub notices: NoticesState,
    pub lookups: LookupsState,
    pub projections: Vec<ProjectionLag>,
    /// Tasks that ended before their time and are not known to last again.
    pub tasks_down: Vec<&'static str>,
    /// Newest position of the log.
    pub head: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ready`; `degraded` (commands are taken, something else is down); `unavailable`
    status: &'static str,
    /// Names of the parts that are down.
    down: Vec<&'static str>,
    database: Part,
    vault: Part,
    broker: Part,
    #[serde(skip_serializing_if = "Option::is_none")]
    relay_lag: Option<i64>,
    /// Empty where no broker is configured.
    relay: Vec<LaneState>,
    intake: IntakeState,
    notices: NoticesState,
    lookups: LookupsState,
    projections: Vec<ProjectionLag>,
}

impl Status {
    /// Without the log or the vault nothing can be recorded; all else catches up.
    #[must_use]
    pub fn takes_commands(&self) -> bool {
        self.database == Part::Up && self.vault == Part::Up
    }

    fn readiness(&self) -> Readiness {
        let parts = [
            ("database", self.database),
            ("vault", self.vault),
            ("broker", self.broker),
        ];
        let parts = parts.into_iter().filter(|(_, part)| *part == Part::Down);
        let mut down: Vec<&'static str> = parts.map(|(name, _)| name).collect();
        let lanes = self.relay.iter().filter(|lane| lane.is_down());
        down.extend(lanes.map(|lane| lane.lane));
        if self.intake.parked > 0 || self.intake.trouble.is_some() {
            down.push("intake");
        }
        if self.notices.trouble.is_some() {
            down.push("notices");
        }
        if self.lookups.parked > 0 || self.lookups.trouble.is_some() {
            down.push("lookups");
        }
        if self.projections.iter().any(|one| one.parked > 0) {
            down.push("projections");
        }
        down.extend(&self.tasks_down);
        let status = match (self.takes_commands(), down.is_empty()) {
            (true, true) => "ready",
            (true, false) => "degraded",
            (false, _) => "unavailable",
        };
        Readiness {
            status,
            down,
            database: self.database,
            vault: self.vault,
            broker: self.broker,
            relay_lag: self.relay_lag,
            relay: self.relay.clone(),
            intake: self.intake.clone(),
            notices: self.notices.clone(),
            lookups: self.lookups.clone(),
            projections: self.projections.clone(),
        }
    }
}

/// The process runs
#[utoipa::path(get, path = "/livez", tag = "Operation", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Commands can be taken
///
/// 503 only when they cannot; a broker that is down is named, and its backlog drains later.
#[utoipa::path(
    get, path = "/readyz", tag = "Operation",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness, description = "Commands cannot be taken")),
)]
pub(crate) async fn readyz(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let status = app.status.borrow().clone();
    let code = if status.takes_commands() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(status.readiness()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up() -> Status {
        Status {
            database: Part::Up,
            vault: Part::Up,
            broker: Part::Up,
            ..Status::default()
        }
    }

    #[test]
    fn a_broker_that_is_down_degrades_and_a_vault_that_is_down_fails() {
        let mut status = up();
        assert_eq!(status.readiness().status, "ready");
        status.broker = Part::Down;
        let readiness = status.readiness();
        assert_eq!(
            (readiness.status, readiness.down),
            ("degraded", vec!["broker"])
        );
        status.vault = Part::Down;
        let readiness = status.readiness();
        assert_eq!(
            (readiness.status, readiness.down),
            ("unavailable", vec!["vault", "broker"])
        );
        assert_eq!(Status::default().readiness().status, "unavailable");
    }

    #[test]
    fn look_ups_that_cannot_follow_a_request_are_named() {
        let ill = Status {
            lookups: LookupsState {
                parked: 1,
                ..LookupsState::default()
            },
            ..up()
        };
        assert_eq!(ill.readiness().down, ["lookups"]);
    }

    #[test]
    fn whatever_stands_still_is_named() {
        let restricted = LaneState {
            lane: "relay-restricted",
            ..LaneState::default()
        };
        let requests = ProjectionLag {
            projection: "request_list".to_owned(),
            position: 7,
            lag: 0,
            parked: 0,
        };
        let well = Status {
            relay: vec![restricted.clone()],
            projections: vec![requests.clone()],
            ..up()
        };
        assert_eq!(well.readiness().status, "ready");
        let parked = LaneState {
            parked: 1,
            ..restricted.clone()
        };
        let wrong = LaneState {
            wrong_queues: vec!["rfa.restricted.example".to_owned()],
            ..restricted.clone()
        };
        let unread = LaneState {
            unread_queues: vec!["rfa.team.example.desk".to_owned()],
            ..restricted.clone()
        };
        let dead = LaneState {
            dead_letters: Some("`rfa.dead-letters` holds 1".to_owned()),
            ..restricted.clone()
        };
        let stuck = LaneState {
            trouble: Some("the broker takes nothing".to_owned()),
            ..restricted
        };
        let ill = Status {
            notices: NoticesState {
                lag: 3,
                trouble: Some("Postgres cannot be reached".to_owned()),
            },
            ..well.clone()
        };
        assert_eq!(ill.readiness().down, ["notices"]);
        for lane in [parked, wrong, unread, dead, stuck] {
            let ill = Status {
                relay: vec![lane],
                ..up()
            };
            let readiness = ill.readiness();
            let found = (readiness.status, readiness.down);
            assert_eq!(found, ("degraded", vec!["relay-restricted"]));
        }
        let ill = Status {
            projections: vec![ProjectionLag {
                parked: 1,
                ..requests
            }],
            intake: IntakeState {
                parked: 1,
                trouble: None,
            },
            tasks_down: vec!["timers"],
            ..up()
        };
        assert_eq!(ill.readiness().down, ["intake", "projections", "timers"]);
    }
}
