//! What is to be done first: the move that meets the clock which is due next.

use super::definition::{Definition, Trigger};
use crate::domain::ids::{ClockName, MoveName};

/// The first of the open moves that meets one of the clocks. The clocks come in the order in which they
/// are due, the open moves are those that a person may make now. What meets a clock only under a
/// condition does not count: whoever makes the move may not meet it.
#[must_use]
pub fn first_move<'a>(
    definition: &'a Definition,
    due: &[ClockName],
    open: &[&str],
) -> Option<&'a MoveName> {
    let clocks = due.iter().filter_map(|name| definition.clocks.get(name));
    let mut triggers = clocks.flat_map(|clock| clock.stop.iter().chain(&clock.restart));
    triggers.find_map(|trigger| meets(definition, trigger, open))
}

fn meets<'a>(definition: &'a Definition, trigger: &Trigger, open: &[&str]) -> Option<&'a MoveName> {
    if !trigger.when.is_always() {
        return None;
    }
    let mut moves = definition.moves.iter();
    let found =
        moves.find(|(name, rule)| rule.emits == trigger.event && open.contains(&name.as_str()));
    found.map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::workflow::parse::parse;
    use std::path::Path;

    fn shipped() -> Definition {
        let file = "workflows/request-for-assistance/v1.yaml";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        parse(file, &std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn first(due: &[&str], open: &[&str]) -> Option<String> {
        let due: Vec<ClockName> = due.iter().map(|n| ClockName::parse(n).unwrap()).collect();
        first_move(&shipped(), &due, open).map(ToString::to_string)
    }

    #[test]
    fn the_move_that_meets_what_is_due_first_comes_first() {
        let open = ["name-worker", "tell-requester", "start-help", "review"];
        let inform_first = first(&["inform", "allocate"], &open);
        assert_eq!(inform_first.as_deref(), Some("tell-requester"));
        let allocate_first = first(&["allocate", "inform"], &open);
        assert_eq!(allocate_first.as_deref(), Some("name-worker"));
        // A clock that begins anew with what meets it is met by it, too.
        assert_eq!(first(&["review"], &open).as_deref(), Some("review"));
    }

    #[test]
    fn what_this_person_may_not_do_is_left_to_others_and_what_is_due_later_comes_next() {
        let later = first(&["inform", "allocate"], &["start-help", "end"]);
        assert_eq!(later.as_deref(), Some("start-help"));
        assert_eq!(first(&["inform"], &["end"]), None);
        assert_eq!(first(&[], &["end"]), None);
        // Agreeing tells the requester only where its data say so.
        assert_eq!(first(&["inform"], &["agree-to-help"]), None);
    }
}
