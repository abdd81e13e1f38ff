//! What of a delivery is read, and what about it is wrong. Headers are the sender's own words, so
//! none is read, and one that is not the broker's or a tracer's is a fault: it may be personal.

use super::desk::Fault;

/// The broker's own, and the two of W3C Trace Context.
const HEADERS: [&str; 2] = ["traceparent", "tracestate"];
const BROKER_HEADERS: [&str; 3] = ["x-death", "x-delivery-count", "x-acquired-count"];
const BROKER_PREFIXES: [&str; 3] = ["x-first-death-", "x-last-death-", "x-opt-"];

/// Ours, whatever the sender's user is called.
const OWN_QUEUES: &str = "rfa.";
/// Queues that the broker named, which are known to nobody but their owner and whom it tells.
const BROKER_NAMED: &str = "amq.";

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
    allowed: "amq.rabbitmq.reply-to, another queue that the broker named, or one whose name begins with your user's and a dot",
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

/// The sender's own: a reply to a queue of ours would put words into our mouth, and one to another
/// agency's would be read as an answer to it.
pub(super) fn is_reply_queue(name: &str, sender: Option<&str>) -> bool {
    let is_senders = sender.is_some_and(|sender| {
        let rest = name.strip_prefix(sender);
        rest.is_some_and(|rest| rest.starts_with('.'))
    });
    (is_senders || name.starts_with(BROKER_NAMED))
        && !name.starts_with(OWN_QUEUES)
        && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{is_known_header, is_reply_queue};

    #[test]
    fn replies_go_to_queues_of_the_sender_alone() {
        let sender = Some("school");
        for fine in [
            "amq.rabbitmq.reply-to.g2.abc",
            "school.replies",
            "amq.gen-Xa",
        ] {
            assert!(is_reply_queue(fine, sender), "{fine}");
        }
        for wrong in [
            "",
            "rfa.intake",
            "rfa.team.south-ayrshire.garf",
            "school",
            "schools.replies",
            "health.replies",
            "school.a b",
            "school.\u{f6}",
        ] {
            assert!(!is_reply_queue(wrong, sender), "{wrong}");
        }
        assert!(!is_reply_queue("rfa.intake", Some("rfa")));
        assert!(is_reply_queue("amq.gen-Xa", None));
        assert!(!is_reply_queue("school.replies", None));
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
