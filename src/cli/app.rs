//! What the handlers of the API share, put together.

use super::engine::{Engine, now};
use super::webhooks::subscriptions;
use crate::access::{Readings, SearchBudget, Searches, Senders, Tokens};
use crate::api::{App, Described, Limits, Status};
use crate::config::Settings;
use crate::domain::ids::{IdError, WorkflowName};
use crate::lookups::Lookups;
use crate::notices::Outlets;
use crate::projections::response_times::Answers;
use crate::projections::response_times::bases::Bases;
use crate::relay::{asyncapi, contract};
use crate::statistics::disclosure::Policy;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

pub(super) fn app(
    engine: &Engine,
    settings: &Settings,
    (outlets, status): (Outlets, watch::Receiver<Status>),
) -> Result<App, IdError> {
    Ok(App {
        subscriptions: subscriptions(engine),
        sends_mail: outlets.mailer.is_some(),
        times: Answers::default(),
        bases: Bases::within(settings.figures_mib_max << 20),
        webhooks: outlets.webhooks,
        reads: engine.log.pool().clone(),
        tokens: Tokens::new(engine.log.pool().clone()),
        readings: Readings::new(engine.log.pool().clone()),
        searches: Searches::new(
            engine.log.pool().clone(),
            SearchBudget {
                per_person: settings.searches_per_person,
                per_account: settings.searches_per_account,
            },
        ),
        lookups: Lookups::new(engine.log.clone()),
        senders: Senders::new(engine.log.pool().clone()),
        epoch: engine.log.epoch(),
        commands: engine.commands.clone(),
        status,
        now,
        limits: Limits {
            body_bytes_max: 256 * 1024,
            body_deadline: Duration::from_secs(10),
            call_deadline: Duration::from_secs(30),
        },
        usual_workflow: WorkflowName::parse(&settings.usual_workflow)?,
        disclosure: Policy {
            fewer_than: settings.suppress_below,
            rate_needs: settings.rates_from,
        },
        messages: Arc::new(Described {
            asyncapi: asyncapi::document(),
            schemas: contract::schemas(),
        }),
    })
}
