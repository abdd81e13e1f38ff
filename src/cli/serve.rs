//! `rfa serve`: the API, the relay and the projections of one replica.

use super::app::app;
use super::desk::desk;
use super::engine::{Engine, now};
use super::parts::Parts;
use super::supervise::{Pace, Supervisor};
use super::webhooks::outlets;
use super::{Outcome, custody, demonstration, signing};
use crate::api::server::{Sockets, listen, serve};
use crate::api::{App, Status, metrics, router};
use crate::config::Config;
use crate::log::Log;
use crate::lookups::{LookupIndex, LookupStatus};
use crate::notices::{self, Notices, NoticesStatus, Outlets};
use crate::projections::{Runner, RunnerError, due_rungs};
use crate::relay::intake::{Intake, IntakeStatus};
use crate::relay::message::Lane;
use crate::relay::{self, RelayLane};
use crate::screens::Door;
use crate::shutdown::on_signal;
use crate::timers::{self, FindDue, NotFound, Sweeper};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const REFRESH_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Grant invented people their roles and print their tokens; loopback only
    #[arg(long)]
    demo: bool,
    /// How long a sign-in of the demonstration lasts
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 28_800,
        requires = "demo"
    )]
    sign_in_seconds: u32,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let shutdown = on_signal()?;
        let settings = config.settings.clone();
        let engine = Engine::open(&config).await?;
        custody::check(&config).await?;
        // Before anything is shown: a restore may have brought keys back.
        if config.settings.destructions.is_some() {
            let replayed = signing::records(&engine, &config)?.replay().await?;
            tracing::info!(known = replayed.known, keys = replayed.keys, "destructions");
        }
        engine
            .publish(&config, &engine.authority, &engine.authority)
            .await?;
        let door = if self.demo {
            demonstration::open(&engine, &config, self.sign_in_seconds).await?
        } else {
            Door::Closed
        };
        let listener = listen(settings.http).await?;
        let figures = listen(settings.metrics).await?;
        let recorder = metrics::install()?;

        let (status, watched) = watch::channel(Status::default());
        let supervisor = Supervisor::new(Pace::default(), shutdown.clone());
        let mut tasks = start_reading(&engine, &supervisor).await?;
        let (lanes, relaying) = start_relay(&engine, config.amqp_url.as_ref(), &supervisor);
        tasks.extend(relaying);
        let outlets = outlets(&config)?;
        let app = app(&engine, &settings, (outlets.clone(), watched))?;
        let (intake, taking) = start_intake(&app, config.amqp_url.as_ref(), &supervisor);
        tasks.extend(taking);
        let (notices, noticing) = start_notices(&engine, outlets, &supervisor);
        tasks.push(noticing);
        let (lookups, following) = start_lookups(&engine, &supervisor);
        tasks.push(following);
        let parts = Parts {
            commands: engine.commands.clone(),
            lanes,
            intake,
            notices,
            lookups,
            tasks_down: supervisor.down(),
            status,
        };
        tasks.extend(custody::start(&engine, &config, &supervisor)?);
        tasks.push(supervisor.start("watch", move |shutdown| parts.clone().watch(shutdown)));
        let look_every = Duration::from_secs(settings.sweep_seconds);
        tasks.push(start_timers(&engine, look_every, &supervisor));
        tasks.push(tokio::spawn(serve(
            figures,
            metrics::router(recorder),
            sockets(settings.metrics, 20),
            shutdown.clone(),
        )));

        let pages = demonstration::pages(&engine, &config, (app.clone(), door, shutdown.clone()))?;
        tracing::info!(address = %settings.http, "serving");
        serve(
            listener,
            router(app).merge(pages),
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

/// What is in force, and every read table.
async fn start_reading(
    engine: &Engine,
    supervisor: &Supervisor,
) -> Result<Vec<JoinHandle<()>>, RunnerError> {
    let registry = engine.commands.registry().clone();
    let in_force = supervisor.start("registry", move |shutdown| {
        keep_in_force(registry.clone(), shutdown)
    });
    let runner = Runner::new(engine.log.clone());
    runner.prepare().await?;
    let tables = supervisor.start("projections", move |shutdown| runner.clone().keep(shutdown));
    let log = engine.log.clone();
    let tail = supervisor.start("tail", move |shutdown| {
        let log = log.clone();
        async move { log.keep_tail(shutdown).await }
    });
    Ok(vec![tables, in_force, tail])
}

type Lanes = Vec<(&'static str, watch::Receiver<relay::Status>)>;

/// Both lanes; none without a broker.
fn start_relay(
    engine: &Engine,
    url: Option<&SecretString>,
    supervisor: &Supervisor,
) -> (Lanes, Vec<JoinHandle<()>>) {
    let Some(url) = url else {
        return Default::default();
    };
    let lanes = [
        ("relay", Lane::Ordinary),
        ("relay-restricted", Lane::Restricted),
    ];
    let started = lanes.map(|(name, lane)| {
        let registry = engine.commands.registry().clone();
        let (url, status) = (url.clone(), watch::Sender::new(relay::Status::waiting()));
        let watched = status.subscribe();
        let task = supervisor.start(name, move |shutdown| {
            let url = url.expose_secret().to_owned();
            RelayLane::telling(lane, registry.clone(), url, status.clone()).run(shutdown)
        });
        ((name, watched), task)
    });
    started.into_iter().unzip()
}

/// None without a broker.
fn start_intake(
    app: &App,
    url: Option<&SecretString>,
    supervisor: &Supervisor,
) -> (watch::Receiver<IntakeStatus>, Option<JoinHandle<()>>) {
    let status = watch::Sender::new(IntakeStatus::default());
    let watched = status.subscribe();
    let Some(url) = url.cloned() else {
        return (watched, None);
    };
    let (commands, desk) = (app.commands.clone(), desk(app.clone()));
    let task = supervisor.start("intake", move |shutdown| {
        let url = url.expose_secret().to_owned();
        Intake::new(url, commands.clone(), desk.clone(), status.clone()).run(shutdown)
    });
    (watched, Some(task))
}

fn start_timers(engine: &Engine, look_every: Duration, supervisor: &Supervisor) -> JoinHandle<()> {
    let (commands, find) = (engine.commands.clone(), find_due(&engine.log));
    let pace = timers::Pace {
        look_every,
        ..timers::Pace::default()
    };
    supervisor.start("timers", move |shutdown| {
        Sweeper::new(commands.clone(), find.clone(), pace).run(now, shutdown)
    })
}

/// Whoever subscribed is told.
fn start_notices(
    engine: &Engine,
    outlets: Outlets,
    supervisor: &Supervisor,
) -> (watch::Receiver<NoticesStatus>, JoinHandle<()>) {
    let (registry, vault) = (
        engine.commands.registry().clone(),
        engine.commands.vault().clone(),
    );
    let status = watch::Sender::new(NoticesStatus::default());
    let watched = status.subscribe();
    let task = supervisor.start("notices", move |shutdown| {
        let (registry, vault) = (registry.clone(), vault.clone());
        let pace = notices::Pace::default();
        let (outlets, status) = (outlets.clone(), status.clone());
        Notices::new(registry, vault, outlets, pace, now)
            .reporting_to(status)
            .run(shutdown)
    });
    (watched, task)
}

/// Whoever may see a request finds it.
fn start_lookups(
    engine: &Engine,
    supervisor: &Supervisor,
) -> (watch::Receiver<LookupStatus>, JoinHandle<()>) {
    let (log, vault) = (engine.log.clone(), engine.commands.vault().clone());
    let status = watch::Sender::new(LookupStatus::default());
    let watched = status.subscribe();
    let task = supervisor.start("lookups", move |shutdown| {
        LookupIndex::new(log.clone(), vault.clone(), status.clone()).run(shutdown)
    });
    (watched, task)
}

fn sockets(listen: std::net::SocketAddr, connections_max: usize) -> Sockets {
    Sockets {
        listen,
        connections_max,
        header_deadline: Duration::from_secs(10),
        shutdown_deadline: Duration::from_secs(20),
    }
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
