//! The mail with the code for a forgotten password.

use secrecy::ExposeSecret as _;

use crate::{
    ids::MailId,
    plane::Plane,
    ports::{
        identity::{ResetCode, ResetError},
        mailer::{Mail, MailKind},
    },
    problem::{Problem, Result},
};

impl Plane {
    /// Mails a code to the owner of an address, if there is one. The caller hears the same either way, as soon.
    pub async fn forgot_password(&self, email: &str) -> Result<()> {
        match self.identity().forgot_password(email).await {
            Ok(Some(code)) => {
                let plane = self.clone();
                // Sent beside the answer, so that its time tells nothing.
                self.aside(async move { plane.mail_code(code).await });
                Ok(())
            }
            Ok(None) | Err(ResetError::InvalidCode | ResetError::Weak(_)) => Ok(()),
            Err(ResetError::Busy) => Err(crate::features::users::invitation::busy()),
            Err(ResetError::Store(error)) => Err(Problem::from(error)),
            Err(ResetError::Away(away)) => Err(Problem::identities_away(&away)),
        }
    }

    async fn mail_code(self, reset: ResetCode) {
        let text = format!(
            "Hello,\n\nyour code to set a new password is\n\n    {}\n\nIt is good for 15 minutes. If you did not ask for it, do nothing.",
            reset.code.expose_secret()
        );
        let mail = Mail {
            id: MailId::new(self.now(), self.chance()),
            account: reset.account,
            kind: MailKind::PasswordReset,
            to: reset.email.to_string(),
            subject: "Your code to set a new password".into(),
            text: text.into(),
            at: self.now(),
        };
        if let Err(error) = self.ports().mailer.send(mail).await {
            tracing::error!(%error, "the mail with a reset code was not sent");
        }
    }
}
