//! The mail by which a forgotten password is replaced.

use secrecy::ExposeSecret as _;

use crate::{
    ids::MailId,
    plane::Plane,
    ports::{
        identity::{ForgottenPassword, ResetError, ResetMail},
        mailer::{Mail, MailKind},
    },
    problem::{Problem, Result},
};

impl Plane {
    /// Mails a code and a link to the owner of an address, if there is one. The answer and its time are the same either
    /// way.
    pub async fn forgot_password(&self, forgotten: ForgottenPassword) -> Result<()> {
        match self.identity().forgot_password(forgotten).await {
            Ok(Some(reset)) => {
                let plane = self.clone();
                // Sent beside the answer, so that its time tells nothing.
                self.spawn_background(async move { plane.mail_reset(reset).await });
                Ok(())
            }
            Ok(None) | Err(ResetError::InvalidCode | ResetError::Weak(_)) => Ok(()),
            Err(ResetError::Busy) => Err(crate::features::users::invitation::busy()),
            Err(ResetError::Store(error)) => Err(Problem::from(error)),
            Err(ResetError::Away(away)) => Err(Problem::identities_away(&away)),
        }
    }

    async fn mail_reset(self, reset: ResetMail) {
        let code = reset.code.as_ref().map_or_else(String::new, |code| {
            format!(
                "your code to set a new password is\n\n    {}\n\nIt is good for 15 minutes, where you asked for it. Or ",
                code.expose_secret()
            )
        });
        let text = format!(
            "Hello,\n\n{code}set a new password by this link, within an hour:\n\n{}/reset-password#token={}\n\nThe link \
             works once. If you did not ask for it, do nothing.",
            self.settings().public_url,
            reset.link.expose_secret()
        );
        let mail = Mail {
            id: MailId::new(self.now(), self.rng()),
            account: reset.account,
            kind: MailKind::PasswordReset,
            to: reset.email.to_string(),
            subject: "Set a new password".into(),
            text: text.into(),
            at: self.now(),
        };
        if let Err(error) = self.ports().mailer.send(mail).await {
            tracing::error!(%error, "the mail with a reset code was not sent");
        }
    }
}
