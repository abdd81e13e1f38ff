//! What a reader is to do first.

use super::request::Opened;
use crate::api::requests::clocks::ClockView;
use crate::api::requests::view::MoveView;
use crate::domain::ids::ClockName;
use crate::domain::time::clock::SpellStatus;
use crate::domain::workflow::next::first_move;
use jiff::Timestamp;

/// The move that meets the clock which is due next, of the clocks that this reader can do something
/// about.
pub(super) fn first<'m>(opened: &Opened<'_>, open: &[&'m MoveView]) -> Option<&'m MoveView> {
    let next = opened.view.next.iter();
    let running = next.filter(|clock| clock.status == SpellStatus::Running);
    let mut running: Vec<&ClockView> = running.collect();
    running.sort_by_key(|clock| clock.due_at.unwrap_or(Timestamp::MAX));
    let due = running.iter();
    let due: Vec<ClockName> = due
        .filter_map(|clock| ClockName::parse(&clock.clock).ok())
        .collect();
    let names: Vec<&str> = open.iter().map(|one| one.name.as_str()).collect();
    let first = first_move(&opened.seen.workflow().definition, &due, &names)?;
    open.iter().copied().find(|one| one.name == first.as_str())
}
