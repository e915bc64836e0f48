//! The session of the signed-in user, in a file that only they can read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::ClientError;

/// Who is signed in where, with their tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub server: String,
    pub email: String,
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: SecretString,
    pub(crate) expires_at: Timestamp,
}

impl Session {
    /// The session that an answer to a sign-in or a refresh opens.
    pub(crate) fn of(server: &str, email: &str, tokens: &Value) -> Result<Self, ClientError> {
        let text = |field: &str| tokens[field].as_str().map(SecretString::from);
        let (Some(access_token), Some(refresh_token)) = (text("accessToken"), text("refreshToken")) else {
            return Err(ClientError::NoTokens);
        };
        let life = SignedDuration::from_secs(tokens["expiresIn"].as_i64().unwrap_or(0));
        let expires_at = now().saturating_add(life).unwrap_or(Timestamp::MAX);
        Ok(Self { server: server.to_owned(), email: email.to_owned(), access_token, refresh_token, expires_at })
    }

    /// Whether the access token will be good for a while.
    pub(crate) fn is_good(&self) -> bool {
        now() + SignedDuration::from_secs(20) < self.expires_at
    }
}

/// The machine's time: a token's lifetime is relative, so both ends of it are measured here.
#[expect(clippy::disallowed_methods, reason = "a client has no clock but its machine's")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Where a session is kept, for this process and others.
#[derive(Clone, Debug)]
pub struct SessionFile(PathBuf);

impl SessionFile {
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The session that is kept; `None`: nobody is signed in. A file that others can read is refused.
    pub fn load(&self) -> Result<Option<Session>, ClientError> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(error)),
        };
        let mode = fs::metadata(&self.0).map_err(|error| self.unusable(error))?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(ClientError::OpenSession(self.0.clone()));
        }
        // A file of another version has no meaning here: signing in overwrites it.
        Ok(serde_json::from_str(text.expose_secret()).ok())
    }

    /// Waits until no other process renews the session; none does until the value is dropped.
    pub(crate) fn lock(&self) -> Result<File, ClientError> {
        let path = self.0.with_extension("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        file.and_then(|file| file.lock().map(|()| file)).map_err(|error| self.unusable(error))
    }

    /// Replaces the file whole: it is never half written.
    pub(crate) fn save(&self, session: &Session) -> Result<(), ClientError> {
        let document = json!({
            "server": session.server,
            "email": session.email,
            "accessToken": session.access_token.expose_secret(),
            "refreshToken": session.refresh_token.expose_secret(),
            "expiresAt": session.expires_at,
        });
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(".".as_ref());
        let written = DirBuilder::new().recursive(true).mode(0o700).create(folder).and_then(|()| {
            let mut file = NamedTempFile::new_in(folder)?;
            file.write_all(document.to_string().as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.0)?;
            Ok(())
        });
        written.map_err(|error| self.unusable(error))
    }

    pub(crate) fn remove(&self) -> Result<(), ClientError> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.unusable(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn unusable(&self, error: io::Error) -> ClientError {
        ClientError::UnusableSession { path: self.0.clone(), error }
    }
}
