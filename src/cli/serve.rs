//! `rfa serve`: the API, the relay and the projections of one replica.

use super::engine::{Engine, now};
use super::people;
use super::{Outcome, say};
use crate::access::Tokens;
use crate::api::server::{Sockets, listen, serve};
use crate::api::{App, Limits, Part, Status, ViewLag, metrics, router};
use crate::config::Config;
use crate::domain::ids::WorkflowName;
use crate::log::{AppendError, Log, Position};
use crate::projections::concerns::{Gauges, unanswered};
use crate::projections::{Runner, due_rungs, lags};
use crate::relay::{self, Relay};
use crate::shutdown::on_signal;
use crate::statistics::disclosure::Policy;
use crate::timers::{FindDue, NotFound, Pace, Sweeper};
use clap::Args;
use secrecy::ExposeSecret;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const ASK_PARTS_EVERY: Duration = Duration::from_millis(500);
const ASK_DEADLINE: Duration = Duration::from_secs(2);
const REFRESH_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Grant invented people their roles and print their tokens; loopback only
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let shutdown = on_signal()?;
        let settings = config.settings.clone();
        let engine = Engine::open(&config).await?;
        engine
            .publish(&config, &engine.authority, &engine.authority)
            .await?;
        if self.demo {
            demonstrate(&engine, &config).await?;
        }
        let listener = listen(settings.http).await?;
        let figures = listen(settings.metrics).await?;
        let recorder = metrics::install()?;

        let relay = config
            .amqp_url
            .as_ref()
            .map(|url| Relay::new(engine.commands.registry(), url.expose_secret()));
        let relay_status = relay.as_ref().map(Relay::status);
        let (status, watched) = watch::channel(Status::default());
        let mut tasks = vec![
            tokio::spawn(Runner::new(engine.log.clone()).run(shutdown.clone())),
            tokio::spawn(keep_in_force(
                engine.commands.registry().clone(),
                shutdown.clone(),
            )),
            tokio::spawn(watch_parts(
                engine.commands.clone(),
                relay_status,
                status,
                shutdown.clone(),
            )),
            tokio::spawn(serve(
                figures,
                metrics::router(recorder),
                sockets(settings.metrics, 20),
                shutdown.clone(),
            )),
        ];
        let pace = Pace {
            look_every: Duration::from_secs(settings.sweep_seconds),
            ..Pace::default()
        };
        let sweeper = Sweeper::try_new(engine.commands.clone(), find_due(&engine.log), pace)?;
        tasks.push(tokio::spawn(sweeper.run(now, shutdown.clone())));
        tasks.extend(relay.map(|relay| tokio::spawn(relay.run(shutdown.clone()))));

        let usual = WorkflowName::parse(&settings.usual_workflow)?;
        let disclosure = Policy {
            fewer_than: settings.suppress_below,
            rate_needs: settings.rates_from,
        };
        let app = app(engine, watched, usual, disclosure);
        tracing::info!(address = %settings.http, "serving");
        serve(
            listener,
            router(app),
            sockets(settings.http, settings.connections_max),
            shutdown,
        )
        .await;
        for task in tasks {
            if task.await.is_err() {
                tracing::error!("a task ended early");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn app(
    engine: Engine,
    status: watch::Receiver<Status>,
    usual_workflow: WorkflowName,
    disclosure: Policy,
) -> App {
    App {
        reads: engine.log.pool().clone(),
        tokens: Tokens::new(engine.log.pool().clone()),
        epoch: engine.log.epoch(),
        commands: engine.commands,
        status,
        now,
        limits: Limits {
            body_bytes_max: 256 * 1024,
            body_deadline: Duration::from_secs(10),
            call_deadline: Duration::from_secs(30),
        },
        usual_workflow,
        disclosure,
    }
}

fn sockets(listen: std::net::SocketAddr, connections_max: usize) -> Sockets {
    Sockets {
        listen,
        connections_max,
        header_deadline: Duration::from_secs(10),
        shutdown_deadline: Duration::from_secs(20),
    }
}

async fn demonstrate(
    engine: &Engine,
    config: &Config,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let settings = &config.settings;
    if settings.http_public {
        return Err(
            "--demo hands out tokens and serves loopback only: unset RFA_HTTP_PUBLIC".into(),
        );
    }
    let people = people::read(&settings.workflows.join("people/demonstration.yaml"))?;
    let everybody: Vec<&people::Person> = people.iter().collect();
    let issued = people::welcome(engine, &engine.authority, &everybody).await?;
    say(format!(
        "Invented people of {}, and their tokens until the next start:",
        settings.authority
    ));
    for (person, (id, token)) in people.iter().zip(&issued) {
        say(format!(
            "  {id:<24} {}  {}",
            token.expose_secret(),
            person.title
        ));
    }
    let year = super::simulate::authority_of(&engine.authority)?;
    if engine
        .commands
        .registry()
        .of(year.as_str())
        .workflow_names()
        .next()
        .is_none()
    {
        say(format!(
            "No invented year is loaded; `rfa simulate` makes one in {year}."
        ));
    } else {
        let managers: Vec<&people::Person> = people
            .iter()
            .filter(|person| person.title.contains("manager"))
            .collect();
        for (id, token) in people::welcome(engine, &year, &managers).await? {
            say(format!(
                "  {id:<24} {}  for the invented year in {year}",
                token.expose_secret()
            ));
        }
    }
    say(format!(
        "API http://{}  document http://{0}/openapi  metrics http://{}/metrics",
        settings.http, settings.metrics
    ));
    Ok(())
}

/// The read table of due rungs, for timers that do not know of read tables.
fn find_due(log: &Log) -> FindDue {
    let pool = log.pool().clone();
    Arc::new(move |look| {
        let pool = pool.clone();
        Box::pin(async move { due_rungs::query(&pool, &look).await.map_err(|_| NotFound) })
    })
}

/// Declarations of other replicas take effect here within a second.
async fn keep_in_force(registry: crate::commands::Registry, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = registry.refresh().await {
            tracing::warn!(%error, "what is in force cannot be read on");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(REFRESH_EVERY) => {}
        }
    }
}

/// Asks every part how it is, for `/readyz`.
async fn watch_parts(
    commands: crate::commands::Commands,
    relay: Option<watch::Receiver<relay::Status>>,
    status: watch::Sender<Status>,
    shutdown: CancellationToken,
) {
    let log = commands.registry().log().clone();
    let mut shown = Gauges::default();
    while !shutdown.is_cancelled() {
        let head = tokio::time::timeout(ASK_DEADLINE, log.head()).await;
        let head = head.unwrap_or(Err(AppendError::Unavailable));
        let vault = tokio::time::timeout(ASK_DEADLINE, commands.vault().ping()).await;
        let behind = lags(log.pool(), head.clone().unwrap_or(Position(0)));
        let views = tokio::time::timeout(ASK_DEADLINE, behind).await;
        let open = tokio::time::timeout(ASK_DEADLINE, unanswered(log.pool())).await;
        if let Ok(Ok(open)) = open {
            shown.show(&open);
        }
        let relayed = relay.as_ref().map(|relay| relay.borrow().clone());
        status.send_replace(Status {
            database: part(head.is_ok()),
            vault: part(matches!(vault, Ok(Ok(())))),
            broker: relayed
                .as_ref()
                .map_or(Part::NotConfigured, |relay| part(relay.connected)),
            relay_lag: relayed.as_ref().map(|relay| relay.behind),
            views: match views {
                Ok(Ok(views)) => views
                    .into_iter()
                    .map(|lag| ViewLag {
                        projection: lag.projection,
                        position: lag.position,
                        lag: lag.behind,
                    })
                    .collect(),
                Ok(Err(_)) | Err(_) => Vec::new(),
            },
            head: head.map_or(0, |head| head.0),
        });
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(ASK_PARTS_EVERY) => {}
        }
    }
}

fn part(is_up: bool) -> Part {
    if is_up { Part::Up } else { Part::Down }
}
