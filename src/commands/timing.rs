//! What the rules need to know about a rung or an extension: the clocks, folded from the same events
//! as the state.

use super::loading::Loaded;
use crate::domain::declared::Declared;
use crate::domain::ids::{ClockName, ReasonCode};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::extension::Extend;
use crate::domain::request::rung::{Raise, RungId};
use crate::domain::time::clock::Clocks;
use crate::domain::workflow::definition::Target;

pub(super) fn raise(rung: &RungId, loaded: &Loaded, declared: &Declared) -> Box<Raise> {
    Box::new(Raise {
        rung: rung.clone(),
        clocks: clocks_of(loaded, declared),
        calendars: declared.shared_calendars(),
    })
}

pub(super) fn extend(
    (clock, by, reason): (&ClockName, Target, &ReasonCode),
    loaded: &Loaded,
    declared: &Declared,
) -> Box<Extend> {
    Box::new(Extend {
        clock: clock.clone(),
        by,
        reason: reason.clone(),
        clocks: clocks_of(loaded, declared),
        calendars: declared.shared_calendars(),
    })
}

fn clocks_of(loaded: &Loaded, declared: &Declared) -> Clocks {
    let (Some(request), Some(workflow)) = (loaded.state.find(), &loaded.workflow) else {
        return Clocks::default();
    };
    let events = loaded.events.iter();
    ClockGround::of(
        &workflow.definition,
        declared.organisation(),
        &request.opening,
    )
    .fold_in(
        declared,
        events.map(|(recorded, event)| (recorded.position.0, recorded.occurred_at, event)),
    )
}
