//! Mail of the embedded profile: each goes to the outbox, and to a file of its own.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use plane::{
    features::outbox::model::OutboxMail,
    ports::{
        mailer::{Mail, MailError, Mailer},
        table::{CommitError, Table},
    },
    record,
};
use secrecy::ExposeSecret as _;

pub struct OutboxMailer {
    table: Arc<dyn Table>,
    /// Where the files go; `None`: to the outbox alone.
    folder: Option<PathBuf>,
}

impl OutboxMailer {
    pub fn new(table: Arc<dyn Table>, folder: Option<PathBuf>) -> Self {
        Self { table, folder }
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let text = mail.text.expose_secret();
        if let Some(folder) = &self.folder {
            let file = folder.join(format!("{}.txt", mail.id));
            let page = format!("To: {}\nSubject: {}\nDate: {}\n\n{text}\n", mail.to, mail.subject, mail.at);
            write(folder.clone(), file, page)
                .await
                .map_err(|error| MailError::Unavailable(error.to_string().into()))?;
        }
        let kept = OutboxMail {
            id: mail.id,
            account_id: mail.account,
            kind: mail.kind,
            to: mail.to,
            subject: mail.subject,
            text: text.to_owned(),
            at: mail.at,
        };
        match self.table.commit(vec![record::create(&kept)]).await {
            // Sent before.
            Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
            Err(CommitError::Table(error)) => Err(MailError::Unavailable(error.to_string().into())),
        }
    }
}

/// The file can hold a one-time link, so it is its owner's alone.
async fn write(folder: PathBuf, file: PathBuf, page: String) -> std::io::Result<()> {
    use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let work = move || {
        fs::create_dir_all(&folder)?;
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&file)?
            .write_all(page.as_bytes())
    };
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}
