//! An authority with invented people and accounts, and workers that tell its subscribers.

use super::receiver::Receiver;
use crate::support::client::example;
use crate::support::engine::{Engine, now};
use rfa::commands::{Ask, AskedMove, Command, CommandError, Declaration, Provenance, Receipt};
use rfa::domain::ids::{Authority, MoveName, RequestId, WorkflowName};
use rfa::domain::request::actor::{Grant, Principal, PrincipalKind};
use rfa::log::{Append, Audience, NewEvent, StreamKind, Verdict};
use rfa::notices::webhook::{Networks, Secret, Sender};
use rfa::notices::{
    Channel, NewSubscription, Notices, Outlets, Pace, Subscription, Subscriptions, Whose,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const AUTHORITY: &str = "south-ayrshire";

pub(crate) struct Office {
    pub(crate) engine: Engine,
    pub(crate) subscriptions: Subscriptions,
}

pub(crate) fn authority() -> Authority {
    Authority::parse(AUTHORITY).unwrap()
}

/// Role and where it is held: a team or an agency.
pub(crate) fn principal(id: &str, kind: PrincipalKind, role: &str, at: &str) -> Principal {
    let is_team = at.ends_with("-team") || at == "initial-response";
    let team = is_team.then(|| at.parse().unwrap());
    let agency = (!is_team).then(|| at.parse().unwrap());
    let grant = Grant::new(role.parse().unwrap(), team, agency);
    Principal::new(id.parse().unwrap(), kind, vec![grant])
}

pub(crate) fn head() -> Principal {
    let school = "example-primary-girvan";
    principal("head.girvan", PrincipalKind::Person, "named-person", school)
}

pub(crate) fn duty() -> Principal {
    let team = "carrick-team";
    principal(
        "duty.carrick",
        PrincipalKind::Person,
        "locality-worker",
        team,
    )
}

pub(crate) fn lead() -> Principal {
    principal(
        "lead.carrick",
        PrincipalKind::Person,
        "team-lead",
        "carrick-team",
    )
}

pub(crate) fn deputy() -> Principal {
    principal(
        "deputy.carrick",
        PrincipalKind::Person,
        "team-lead",
        "carrick-team",
    )
}

pub(crate) fn school_system() -> Principal {
    let school = "example-primary-girvan";
    principal(
        "school.system",
        PrincipalKind::ServiceAccount,
        "submitter",
        school,
    )
}

/// Tries again at once, for as long as said.
pub(crate) fn hasty(give_up_after: Duration) -> Pace {
    Pace {
        forget_after: Duration::from_secs(30 * 24 * 3_600),
        first_retry: Duration::from_millis(10),
        longest_retry: Duration::from_millis(40),
        give_up_after,
        deadline: Duration::from_secs(5),
        gather: Duration::ZERO,
        look_every: Duration::from_millis(20),
    }
}

impl Office {
    pub(crate) async fn open(others: &[Principal]) -> Self {
        let engine = Engine::start().await;
        engine.publish_folder(AUTHORITY).await;
        let vault = engine.commands.vault().clone();
        let subscriptions = Subscriptions::new(engine.log.clone(), vault);
        let office = Self {
            engine,
            subscriptions,
        };
        let people = [head(), duty(), lead(), deputy(), school_system()];
        office.grant(&people).await;
        office.grant(others).await;
        office
    }

    pub(crate) async fn grant(&self, people: &[Principal]) {
        let grants = people.iter().map(Declaration::grants);
        let grants = grants.collect::<Result<_, _>>().unwrap();
        self.engine.publish(AUTHORITY, grants).await;
    }

    /// The leases of whoever was killed are over.
    pub(crate) async fn let_leases_run_out(&self) {
        let client = self.engine.database.connect().await;
        let run_out = "update reader.cursors set lease_until = clock_timestamp()";
        client.batch_execute(run_out).await.unwrap();
    }

    pub(crate) async fn subscribe(&self, who: &Principal, to: &Receiver) -> (Uuid, Secret) {
        let new = NewSubscription {
            authority: authority(),
            principal: who.id.clone(),
            key: Uuid::new_v4().to_string(),
            channel: Channel::Webhook,
            target: to.url.clone(),
            occasions: None,
        };
        let made = self.subscriptions.subscribe(&new).await.unwrap();
        (made.id, made.secret.unwrap())
    }

    pub(crate) async fn seen(&self, id: Uuid) -> Subscription {
        let authority = authority();
        let whose = Whose {
            authority: &authority,
            principal: None,
            channel: None,
        };
        let found = self.subscriptions.list(whose, Some(id)).await.unwrap();
        found.into_iter().next().unwrap()
    }

    pub(crate) async fn rotate(&self, id: Uuid) {
        let authority = authority();
        let whose = Whose {
            authority: &authority,
            principal: None,
            channel: None,
        };
        self.subscriptions.rotate(whose, id).await.unwrap();
    }

    pub(crate) async fn redrive(&self, id: Uuid) -> u64 {
        let authority = authority();
        let whose = Whose {
            authority: &authority,
            principal: None,
            channel: None,
        };
        self.subscriptions.redrive(whose, id).await.unwrap()
    }

    /// A worker that may go to loopback.
    pub(crate) fn worker(&self, pace: Pace) -> Worker {
        self.worker_within(pace, "127.0.0.0/8".parse().unwrap())
    }

    pub(crate) fn worker_within(&self, pace: Pace, allowed: Networks) -> Worker {
        let outlets = Outlets {
            webhooks: Sender::new(allowed),
            mailer: None,
        };
        self.worker_by(pace, outlets)
    }

    pub(crate) fn worker_by(&self, pace: Pace, outlets: Outlets) -> Worker {
        let (registry, vault) = (
            self.engine.commands.registry().clone(),
            self.engine.commands.vault().clone(),
        );
        let shutdown = CancellationToken::new();
        let notices = Notices::new(registry, vault, outlets, pace, now);
        let task = tokio::spawn(notices.run(shutdown.clone()));
        Worker { shutdown, task }
    }

    pub(crate) async fn sent(&self) -> RequestId {
        let ask = Ask::Open {
            workflow: WorkflowName::parse("request-for-assistance").unwrap(),
            moves: vec![AskedMove {
                move_name: MoveName::parse("send").unwrap(),
                data: example("send"),
            }],
        };
        self.execute(&head(), ask, None).await.unwrap().request_id
    }

    /// Whoever makes it has opened the request.
    pub(crate) async fn make(&self, request: RequestId, name: &str, by: &Principal, data: Value) {
        self.engine.read(AUTHORITY, request, &by.id).await;
        let loaded = self.engine.commands.load(AUTHORITY, request).await.unwrap();
        let ask = Ask::Moves {
            request,
            moves: vec![AskedMove {
                move_name: MoveName::parse(name).unwrap(),
                data,
            }],
        };
        let version = Some(loaded.state.version());
        self.execute(by, ask, version).await.unwrap();
    }

    pub(crate) async fn asked(&self, request: RequestId) {
        let question = json!({ "question": "Invented: which mornings?" });
        self.make(request, "ask", &lead(), question).await;
    }

    /// The second event of a request, as a build wrote it that is not this one.
    pub(crate) async fn written_by_a_newer_build(&self, request: RequestId) {
        let append = Append {
            authority: AUTHORITY.to_owned(),
            stream: request.0,
            stream_kind: StreamKind::Request,
            expected_version: 1,
            command_id: Uuid::new_v4(),
            fingerprint: [0; 16],
            actor: "duty.carrick".to_owned(),
            on_behalf_of: None,
            correlation: Uuid::new_v4(),
            causation: None,
            definition: None,
            provenance: Provenance::Live,
            events: vec![NewEvent {
                event_type: "request-acknowledged".to_owned(),
                schema_version: 99,
                occurred_at: now(),
                audience: Audience::Ordinary,
                body: b"{}".to_vec(),
                sealed: Vec::new(),
            }],
            keys: None,
        };
        let verdict = self.engine.log.append(append).await.unwrap();
        assert!(matches!(verdict, Verdict::Appended(_)), "{verdict:?}");
    }

    async fn execute(
        &self,
        actor: &Principal,
        ask: Ask,
        if_match: Option<i32>,
    ) -> Result<Receipt, CommandError> {
        let command = Command {
            authority: authority(),
            actor: actor.clone(),
            on_behalf_of: None,
            key: Uuid::new_v4().to_string(),
            ask,
            if_match,
            occurred_at: None,
            provenance: Provenance::Live,
            correlation: Uuid::new_v4(),
            causation: None,
        };
        self.engine.commands.execute(command, now()).await
    }
}

pub(crate) struct Worker {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    /// Cut off after so long, wherever it is, its attempts too: what a killed process leaves behind.
    pub(crate) async fn kill_after(mut self, so_long: Duration) {
        let ended = tokio::time::timeout(so_long, &mut self.task).await;
        assert!(ended.is_err(), "it ended by itself");
        self.kill().await;
    }

    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}
