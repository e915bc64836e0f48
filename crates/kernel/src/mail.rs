//! The only way out for mail.
//!
//! INVARIANT: no mail goes to the default administrator's address, whose domain belongs to a stranger.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    ports::{
        external_error::{ErrorKind, ExternalError, KnownCondition},
        mailer::{Mail, MailError, Mailer},
    },
    text::Email,
};

/// Passes mail on to the mailer of the profile, except mail to the default administrator's address.
pub struct OutgoingMail(pub Arc<dyn Mailer>);

#[async_trait]
impl Mailer for OutgoingMail {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if Email::parse(&mail.to).is_ok_and(|to| to.is_default_admin()) {
            return Err(MailError::Refused(ExternalError::new(
                "no mail goes to the default administrator's address",
                UNOWNED,
            )));
        }
        self.0.send(mail).await
    }
}

const UNOWNED: KnownCondition = KnownCondition {
    code: "default_admin_address",
    fix: "give the administrator a real address: freehold me email ADDRESS",
    kind: ErrorKind::Permanent,
};
