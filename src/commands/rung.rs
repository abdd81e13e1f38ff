//! What the rules need to know about a rung: the clocks, folded from the same events as the state.

use super::loading::Loaded;
use crate::domain::declared::Declared;
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::rung::{Raise, RungId};
use crate::domain::time::clock::Clocks;

pub(super) fn raise(rung: &RungId, loaded: &Loaded, declared: &Declared) -> Box<Raise> {
    Box::new(Raise {
        rung: rung.clone(),
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
    .fold(events.map(|(recorded, event)| (recorded.occurred_at, event)))
}

impl Loaded {
    /// What was seen at a version is all that people did: since then only time went by.
    pub(super) fn shows_all_acts_at(&self, version: i32) -> bool {
        let later = self.events.iter().filter(|(e, _)| e.version > version);
        later.into_iter().all(|(_, event)| match event {
            RequestEvent::RungRaised(_) | RequestEvent::ClaimLapsed(_) => true,
            RequestEvent::Act(_) | RequestEvent::Claimed { .. } | RequestEvent::Released { .. } => {
                false
            }
        })
    }
}
