//! E-mail without a name: that something happened to a request, its reference, and where to look.
//! Whoever reads it on the way or on a shared screen learns no more.

use super::occasion::Occasion;
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{Address, AsyncTransport, Message, Tokio1Executor};
use std::time::SystemTime;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    #[error(
        "RFA_MAIL_URL: not the address of a mail server; allowed: smtp://HOST:25, smtp://HOST:587?tls=required, smtps://USER:WORD@HOST"
    )]
    Server,
    #[error("RFA_MAIL_FROM: not an e-mail address; needed with RFA_MAIL_URL")]
    From,
    #[error("not an e-mail address, as name@example.org")]
    Address,
    #[error("the message cannot be written")]
    Unwritable,
    /// Nobody there, or busy: tried again.
    #[error("the mail server did not take it: {0}")]
    NotYet(String),
    /// Nothing changes by trying again.
    #[error("the mail server refused it: {0}")]
    Refused(String),
}

/// A cheap handle.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Where people look, as they reach it.
    link: String,
}

/// What one message says.
pub(super) struct Letter<'a> {
    /// The same for every attempt, so that copies are known as such.
    pub(super) id: &'a str,
    pub(super) to: &'a str,
    pub(super) occasion: Occasion,
    pub(super) reference: &'a str,
    pub(super) at: Timestamp,
}

impl Mailer {
    /// # Errors
    /// When the settings name no server or no sender.
    pub fn new(url: &str, from: &str, link: &str) -> Result<Self, MailError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        Ok(Self {
            transport: transport.map_err(|_| MailError::Server)?.build(),
            from: Mailbox::new(None, from.parse().map_err(|_| MailError::From)?),
            link: link.to_owned(),
        })
    }

    /// # Errors
    /// When the server did not take it.
    pub(super) async fn send(&self, letter: &Letter<'_>) -> Result<(), MailError> {
        let message = self.write(letter)?;
        let sent = self.transport.send(message).await;
        // What a server answers may repeat the address.
        sent.map(drop).map_err(|error| match error.status() {
            // Of who is written to; what is wrong with the sender or its sign-in can be mended.
            Some(code) if (550..=553).contains(&u16::from(code)) => {
                MailError::Refused(code.to_string())
            }
            Some(code) => MailError::NotYet(code.to_string()),
            None => MailError::NotYet("no connection, or it ended early".to_owned()),
        })
    }

    fn write(&self, letter: &Letter<'_>) -> Result<Message, MailError> {
        let to = Mailbox::new(None, address(letter.to)?);
        let Letter { reference, .. } = letter;
        let happened = happened(letter.occasion);
        let look = match self.link.as_str() {
            "" => "Look in the system where you sent it.".to_owned(),
            link => format!("Look there, with your own sign-in: {link}"),
        };
        let text = format!(
            "Request {reference}: {happened}\n\n{look}\n\nThis message names nobody on purpose. Nobody reads answers to it.\n"
        );
        let sender: &Address = &self.from.email;
        let builder: MessageBuilder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .message_id(Some(format!("<{}@{}>", letter.id, sender.domain())))
            .date(SystemTime::from(letter.at))
            .subject(format!("Request {reference}"))
            .header(ContentType::TEXT_PLAIN)
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        builder.body(text).map_err(|_| MailError::Unwritable)
    }
}

/// # Errors
/// When it is no address of e-mail.
pub fn address(text: &str) -> Result<Address, MailError> {
    text.parse().map_err(|_| MailError::Address)
}

const fn happened(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Receipt => "it has been received.",
        Occasion::Question => "there is a question to answer.",
        Occasion::Decision => "there is a decision.",
        Occasion::FirstContact => "first contact has been made.",
        Occasion::End => "it has ended.",
    }
}

#[cfg(test)]
mod tests {
    use super::{Letter, MailError, Mailer, address};
    use crate::notices::Occasion;
    use jiff::Timestamp;

    fn mailer() -> Mailer {
        let link = "https://rfa.example.org";
        Mailer::new("smtp://127.0.0.1:2525", "rfa@example.org", link).unwrap()
    }

    #[test]
    fn a_letter_says_that_something_happened_to_a_reference_and_where_to_look() {
        for occasion in Occasion::ALL {
            let letter = Letter {
                id: "0198-1",
                to: "head@example.org",
                occasion,
                reference: "ABCD12345",
                at: Timestamp::UNIX_EPOCH,
            };
            let written = mailer().write(&letter).unwrap().formatted();
            let written = String::from_utf8(written).unwrap();
            for line in [
                "From: rfa@example.org\r\n",
                "To: head@example.org\r\n",
                "Subject: Request ABCD12345\r\n",
                "Message-ID: <0198-1@example.org>\r\n",
                "Auto-Submitted: auto-generated\r\n",
                "https://rfa.example.org",
            ] {
                assert!(written.contains(line), "{line}: {written}");
            }
        }
    }

    #[test]
    fn what_is_no_server_sender_or_address_is_told() {
        let new = |url: &str, from: &str| Mailer::new(url, from, "").map(|_| ());
        assert_eq!(
            new("http://127.0.0.1", "a@example.org"),
            Err(MailError::Server)
        );
        assert_eq!(new("smtp://127.0.0.1:25", "nobody"), Err(MailError::From));
        for text in [
            "",
            "a",
            "a@",
            "@b",
            "a@b\r\nBcc: c@example.org",
            "a b@example.org",
        ] {
            assert!(address(text).is_err(), "{text:?}");
        }
    }
}
