//! The message of an event, made anew from the log: what it says in the queues, but for the place, and
//! under the same id.

use super::delivering::NoticeError;
use super::fan::is_of;
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::log::{Log, Position};
use crate::relay::message::{Lane, Message, TellableEvent, messages, parties};
use crate::relay::origin::Origins;
use crate::relay::page::Page;

/// On the ordinary lane: of what is restricted there is a stub. `None` for whoever is not of its agency
/// or teams now, whatever they were when it was put on its way.
pub(super) async fn message_for(
    owner: &Principal,
    log: &Log,
    position: Position,
) -> Result<Option<Message>, NoticeError> {
    let before = Position(position.0 - 1);
    let recorded = log.read_after(before, 1).await?;
    let page = Page::decode(before, recorded)?;
    let unreadable = || NoticeError::Unreadable {
        position,
        why: "not an event of a request that this build knows".to_owned(),
    };
    let event = page.events.first().ok_or_else(unreadable)?;
    let mut origins = Origins::default();
    origins.learn(log, &page.events).await?;
    let origin = origins.find(&event.recorded).ok_or_else(unreadable)?;
    if owner.kind == PrincipalKind::ServiceAccount && !is_of(owner, &parties(&event.event, origin))
    {
        return Ok(None);
    }
    let told = TellableEvent {
        recorded: &event.recorded,
        event: &event.event,
        origin,
        // They arrive in order: of one request the oldest is tried alone.
        places: None,
        epoch: log.history(),
    };
    let told = messages(Lane::Ordinary, told);
    let told = told.map_err(|_| unreadable())?;
    told.into_iter().next().ok_or_else(unreadable).map(Some)
}
