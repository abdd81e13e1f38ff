//! What of a delivery is read, and what about it is wrong. Headers are the sender's own words, so
//! none is read, and one that is not the broker's or a tracer's is a fault: it may be personal.

use super::desk::Fault;

/// The broker's own, and the two of W3C Trace Context.
const HEADERS: [&str; 2] = ["traceparent", "tracestate"];
const BROKER_HEADERS: [&str; 3] = ["x-death", "x-delivery-count", "x-acquired-count"];
const BROKER_PREFIXES: [&str; 3] = ["x-first-death-", "x-last-death-", "x-opt-"];

/// A queue of ours that is written to as a reply would put words into our own mouth.
pub(super) const OWN_QUEUES: &str = "rfa.";

pub(super) const EXPIRES: Fault = Fault {
    property: "expiration",
    what: "set",
    allowed: "none: a request waits until it is read",
};
pub(super) const HEADER: Fault = Fault {
    property: "headers",
    what: "one that is not read here",
    allowed: "none but traceparent and tracestate",
};
pub(super) const REPLY_TO: Fault = Fault {
    property: "reply_to",
    what: "not a queue of the sender",
    allowed: "1 to 255 visible ASCII characters that do not begin with rfa.",
};
pub(super) const GIVEN_BACK: Fault = Fault {
    property: "headers",
    what: "delivered too often, or expired, before it was judged",
    allowed: "a message that can be judged; this one was not tried again",
};

pub(super) fn is_known_header(name: &str) -> bool {
    HEADERS.contains(&name)
        || BROKER_HEADERS.contains(&name)
        || BROKER_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

pub(super) fn is_reply_queue(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic())
        && !name.starts_with(OWN_QUEUES)
}

#[cfg(test)]
mod tests {
    use super::{is_known_header, is_reply_queue};

    #[test]
    fn replies_never_go_to_queues_of_ours() {
        for fine in [
            "amq.rabbitmq.reply-to.g2.abc",
            "school.replies",
            "amq.gen-Xa",
        ] {
            assert!(is_reply_queue(fine), "{fine}");
        }
        for wrong in ["", "rfa.intake", "rfa.team.south-ayrshire.garf", "a b", "ö"] {
            assert!(!is_reply_queue(wrong), "{wrong}");
        }
    }

    #[test]
    fn headers_of_the_broker_and_of_tracers_are_no_fault() {
        for fine in [
            "x-death",
            "x-delivery-count",
            "x-first-death-reason",
            "traceparent",
        ] {
            assert!(is_known_header(fine), "{fine}");
        }
        assert!(!is_known_header("child-name") && !is_known_header("x-child"));
    }
}
