//! Who asked to be told of requests at an address of their own: the same messages as in the queues,
//! by webhook; words without a name, by e-mail.
//!
//! It tells nothing that is not in the log and nothing that the subscriber may not know. Invariant: an
//! event is on its way to each subscriber before the cursor passes it, and stays so until it has
//! arrived or is parked; of one request, one at a time and in order.

mod attempt;
mod body;
mod delivering;
mod due;
mod fan;
mod mail;
mod occasion;
mod pace;
mod subscription;
pub mod webhook;

pub use attempt::Outlets;
pub use delivering::{NoticeError, Notices, NoticesStatus, Step};
pub use due::behind;
pub use mail::{MailError, Mailer, address as mail_address};
pub use occasion::Occasion;
pub use pace::Pace;
pub use subscription::{
    Channel, NewSubscription, Subscribed, Subscription, SubscriptionError, Subscriptions, Whose,
};
