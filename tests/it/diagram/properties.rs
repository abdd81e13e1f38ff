//! Workflows that nobody wrote: many states, long words, moves from anywhere to anywhere.

use super::{
    FILES, assert_apart, assert_arrows, assert_inside, assert_lines_clear, definition_of, elements,
};
use proptest::prelude::*;
use rfa::domain::ids::{MoveName, StateName};
use rfa::domain::workflow::Definition;
use rfa::domain::workflow::definition::{FromStates, PathRule, ToState};
use rfa::domain::workflow::diagram::{Live, svg};
use std::sync::LazyLock;

static SMALL: LazyLock<Definition> = LazyLock::new(|| definition_of(FILES[2]));

#[derive(Debug, Clone)]
struct Sketch {
    /// Title, ends, restricted, open requests.
    states: Vec<(String, bool, bool, i64)>,
    /// Title, from (none: any), to.
    moves: Vec<(String, Option<Vec<usize>>, usize)>,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let title = "[A-Z][a-zA-Z]{0,30}( [a-zA-Z]{1,14}){0,8}";
    let state = (
        title,
        any::<bool>(),
        prop::bool::weighted(0.2),
        0_i64..99_999,
    );
    let from = prop::option::weighted(0.9, prop::collection::vec(0_usize..14, 1..8));
    let movement = (title, from, 0_usize..14);
    let states = prop::collection::vec(state, 1..12);
    let moves = prop::collection::vec(movement, 0..16);
    (states, moves).prop_map(|(states, moves)| Sketch { states, moves })
}

/// The small definition with other states and moves; the first of each stays as it is.
fn definition(sketch: &Sketch) -> Definition {
    let mut definition = SMALL.clone();
    let (_, state) = definition.states.get_index(0).unwrap();
    let state = state.clone();
    let (_, movement) = definition.moves.get_index(1).unwrap();
    let movement = movement.clone();
    definition.states.clear();
    definition.moves.truncate(1);
    definition.clocks.clear();
    for (i, (title, ends, restricted, _)) in sketch.states.iter().enumerate() {
        let mut state = state.clone();
        state.title = title.clone();
        state.ends = *ends;
        state.restricted = *restricted;
        definition.states.insert(name(i), state);
    }
    let count = sketch.states.len();
    definition.moves[0].paths[0].to = ToState::State(name(0));
    for (i, (title, from, to)) in sketch.moves.iter().enumerate() {
        let mut movement = movement.clone();
        movement.title = title.clone();
        let mut states: Vec<usize> = from.iter().flatten().map(|i| i % count).collect();
        states.sort_unstable();
        states.dedup();
        movement.paths = vec![PathRule {
            from: if from.is_none() {
                FromStates::Any
            } else {
                FromStates::Of(states.into_iter().map(name).collect())
            },
            when: Default::default(),
            guard: None,
            to: ToState::State(name(to % count)),
        }];
        definition
            .moves
            .insert(MoveName::parse(&format!("move-{i}")).unwrap(), movement);
    }
    definition
}

fn name(index: usize) -> StateName {
    StateName::parse(&format!("state-{index}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_workflow_its_picture_is_whole_and_can_be_read(sketch in sketch(), live: bool) {
        let definition = definition(&sketch);
        let open = sketch.states.iter().enumerate().map(|(i, state)| (name(i), state.3));
        let live = live.then(|| Live {
            as_of: "position 7".to_owned(),
            open: open.collect(),
            elsewhere: 0,
        });
        let elements = elements(&svg(&definition, live.as_ref()));
        assert_arrows(&definition, &elements);
        assert_apart(&definition, &elements);
        assert_lines_clear(&definition, &elements);
        assert_inside(&definition, &elements);
    }
}
