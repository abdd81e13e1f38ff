//! Asks every part how it is, for `/readyz` and the gauges.

use crate::api::{IntakeState, LaneState, LookupsState, NoticesState, Part, ProjectionLag, Status};
use crate::commands::Commands;
use crate::log::{AppendError, Position};
use crate::lookups::{LookupStatus, Lookups};
use crate::notices::{self, NoticesStatus};
use crate::projections::concerns::{Gauges, unanswered};
use crate::projections::{Lag, lags};
use crate::relay;
use crate::relay::intake::IntakeStatus;
use crate::relay::intake::quarantine::Quarantine;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const ASK_EVERY: Duration = Duration::from_millis(500);
const ASK_DEADLINE: Duration = Duration::from_secs(2);

/// Whoever can tell.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) commands: Commands,
    /// The ordinary lane first; empty where no broker is configured.
    pub(super) lanes: Vec<(&'static str, watch::Receiver<relay::Status>)>,
    pub(super) intake: watch::Receiver<IntakeStatus>,
    pub(super) notices: watch::Receiver<NoticesStatus>,
    pub(super) lookups: watch::Receiver<LookupStatus>,
    pub(super) tasks_down: watch::Receiver<BTreeSet<&'static str>>,
    pub(super) status: watch::Sender<Status>,
}

impl Parts {
    pub(super) async fn watch(self, shutdown: CancellationToken) {
        let mut shown = Gauges::default();
        while !shutdown.is_cancelled() {
            let status = self.ask(&mut shown).await;
            self.status.send_replace(status);
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(ASK_EVERY) => {}
            }
        }
    }

    async fn ask(&self, shown: &mut Gauges) -> Status {
        let log = self.commands.registry().log();
        let head = tokio::time::timeout(ASK_DEADLINE, log.head()).await;
        let head = head.unwrap_or(Err(AppendError::Unavailable));
        let vault = tokio::time::timeout(ASK_DEADLINE, self.commands.vault().ping()).await;
        let behind = lags(log.pool(), head.clone().unwrap_or(Position(0)));
        let projections = tokio::time::timeout(ASK_DEADLINE, behind).await;
        let open = tokio::time::timeout(ASK_DEADLINE, unanswered(log.pool())).await;
        if let Ok(Ok(open)) = open {
            shown.show(&open);
        }
        let quarantine = Quarantine::new(log, self.commands.vault().clone());
        let parked = tokio::time::timeout(ASK_DEADLINE, quarantine.count()).await;
        if let Ok(Ok(parked)) = parked {
            metrics::gauge!("rfa_intake_parked").set(gauge(parked));
        }
        let behind = tokio::time::timeout(ASK_DEADLINE, notices::behind(log)).await;
        if let Ok(Ok(behind)) = behind {
            metrics::gauge!("rfa_notices", "what" => "behind").set(gauge(behind));
        }
        let lookups = self.lookups(Lookups::new(log.clone())).await;
        let mut lanes = self.lanes.iter().map(|(_, status)| status.borrow());
        let broker = if self.lanes.is_empty() {
            Part::NotConfigured
        } else {
            part(lanes.all(|status| status.connected))
        };
        let relay: Vec<LaneState> = self.lanes.iter().map(lane_state).collect();
        Status {
            database: part(head.is_ok()),
            vault: part(matches!(vault, Ok(Ok(())))),
            broker,
            relay_lag: relay.first().map(|lane| lane.lag),
            relay,
            intake: IntakeState {
                parked: parked.unwrap_or(Ok(0)).unwrap_or(0),
                trouble: self.intake.borrow().trouble.clone(),
            },
            notices: NoticesState {
                lag: behind.unwrap_or(Ok(0)).unwrap_or(0),
                trouble: self.notices.borrow().trouble.clone(),
            },
            lookups,
            projections: match projections {
                Ok(Ok(projections)) => projections.into_iter().map(projection_lag).collect(),
                Ok(Err(_)) | Err(_) => Vec::new(),
            },
            tasks_down: self.tasks_down.borrow().iter().copied().collect(),
            head: head.map_or(0, |head| head.0),
        }
    }

    async fn lookups(&self, lookups: Lookups) -> LookupsState {
        let lag = tokio::time::timeout(ASK_DEADLINE, lookups.lag()).await;
        let trouble = self.lookups.borrow().trouble.clone();
        let Ok(Ok(lag)) = lag else {
            return LookupsState {
                trouble,
                ..LookupsState::default()
            };
        };
        metrics::gauge!("rfa_lookups_behind").set(gauge(lag.behind()));
        LookupsState {
            lag: lag.behind(),
            parked: lag.parked,
            trouble,
        }
    }
}

fn gauge(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
}

fn lane_state((lane, status): &(&'static str, watch::Receiver<relay::Status>)) -> LaneState {
    let status = status.borrow();
    LaneState {
        lane,
        lag: status.behind,
        parked: status.parked,
        wrong_queues: status.mismatches.iter().map(|m| m.name.clone()).collect(),
        unread_queues: status.unread.iter().map(|(name, _)| name.clone()).collect(),
        dead_letters: relay::topology::about_dead_letters(status.dead_letters),
        trouble: status.trouble.clone(),
    }
}

fn projection_lag(lag: Lag) -> ProjectionLag {
    ProjectionLag {
        projection: lag.projection,
        position: lag.position,
        lag: lag.behind,
        parked: lag.parked,
    }
}

fn part(is_up: bool) -> Part {
    if is_up { Part::Up } else { Part::Down }
}
