//! Pages as a browser without scripts sees them: GET, forms, redirects and one cookie.

mod door;
mod figures;
mod forms;
mod team;
mod visitor;
mod walk;

pub(crate) use visitor::Visitor;
