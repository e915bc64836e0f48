//! The mail by which a forgotten password is replaced.

use secrecy::ExposeSecret as _;

use crate::{
    features::users::provision::repeat_invitation,
    ids::MailId,
    plane::Plane,
    ports::{
        identity::{ForgottenPassword, ResetError, ResetMail},
        mailer::{Mail, MailKind},
    },
    problem::{Problem, Result},
};

impl Plane {
    /// Mails a code and a link to the owner of an address, if there is one, or the invitation again to somebody who has not
    /// accepted it. The answer and its time are the same either way.
    pub async fn forgot_password(&self, forgotten: ForgottenPassword) -> Result<()> {
        let address = forgotten.email.clone();
        match self.identity().forgot_password(forgotten).await {
            Ok(Some(reset)) => {
                let plane = self.clone();
                // Sent beside the answer, so that its time tells nothing.
                self.spawn_background(async move { mail_reset(&plane, reset).await });
                Ok(())
            }
            Ok(None) => {
                let plane = self.clone();
                // Beside the answer too: also of an address that nobody has.
                self.spawn_background(async move { repeat_invitations(&plane, &address).await });
                Ok(())
            }
            Err(ResetError::InvalidCode | ResetError::Weak(_)) => Ok(()),
            Err(ResetError::Busy) => Err(crate::features::users::invitation::busy()),
            Err(ResetError::Store(error)) => Err(Problem::from(error)),
            Err(ResetError::Away(away)) => Err(Problem::identities_away(&away)),
        }
    }
}

async fn repeat_invitations(plane: &Plane, address: &str) {
    let invited = match plane.identity().invited(address).await {
        Ok(invited) => invited,
        Err(error) => return tracing::error!(%error, "an invitation was not sent again"),
    };
    for subject in invited {
        if let Err(problem) = repeat_invitation(plane, subject).await {
            tracing::warn!(%subject, error = problem.operator_detail(), "an invitation was not sent again");
        }
    }
}

async fn mail_reset(plane: &Plane, reset: ResetMail) {
    let code = reset.code.as_ref().map_or_else(String::new, |code| {
        format!(
            "your code to set a new password is\n\n    {}\n\nIt is good for 15 minutes, where you asked for it. Or ",
            code.expose_secret()
        )
    });
    let text = format!(
        "Hello,\n\n{code}set a new password by this link, within an hour:\n\n{}/reset-password#token={}\n\nThe link \
         works once. If you did not ask for it, do nothing.",
        plane.settings().public_url,
        reset.link.expose_secret()
    );
    let mail = Mail {
        id: MailId::new(plane.now(), plane.rng()),
        account: reset.account,
        kind: MailKind::PasswordReset,
        to: reset.email.to_string(),
        subject: "Set a new password".into(),
        text: text.into(),
        at: plane.now(),
    };
    if let Err(error) = plane.ports().mailer.send(mail).await {
        tracing::error!(%error, "the mail with a reset code was not sent");
    }
}
