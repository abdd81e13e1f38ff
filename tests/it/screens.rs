//! Pages as a browser without scripts sees them: GET, forms, redirects and one cookie.

mod door;
mod family;
mod figures;
mod forms;
mod hours;
mod mine;
mod owners;
mod progress;
mod team;
mod typed;
mod versions;
mod visitor;
mod walk;

pub(crate) use visitor::Visitor;
