//! Environment variables: those that are settings, those that others set, and those that are mistyped.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use figment::value::Dict;

use crate::fail::{Failure, Outcome};

pub(super) const PREFIX: &str = "FREEHOLD_";
/// Variables with the prefix that are no settings of the server.
pub(super) const NOT_SETTINGS: [&str; 3] = ["FREEHOLD_CONFIG", "FREEHOLD_SERVER", "FREEHOLD_TOKEN"];

/// The environment as it was at the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    pub(crate) fn read() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(env::vars_os().filter_map(text).collect())
    }

    /// The variables with the product's prefix.
    pub(super) fn variables(&self, defaults: &Dict) -> Variables {
        let mut variables = Variables::default();
        for (name, value) in &self.0 {
            let Some(key) = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else { continue };
            if defaults.contains_key(&key) {
                variables.settings.insert(key, value.clone());
            } else if !NOT_SETTINGS.contains(&name.as_str()) && !is_service_link(&key) {
                variables.unknown.push(key);
            }
        }
        variables
    }

    /// A variable that is set to something.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A folder by the XDG rules: the variable's, else one below the home folder.
    pub(super) fn folder(&self, variable: &str, below_home: &str) -> Outcome<PathBuf> {
        if let Some(folder) = self.get(variable).map(PathBuf::from).filter(|folder| folder.is_absolute()) {
            return Ok(folder.join("freehold"));
        }
        let home = self.get("HOME").ok_or_else(|| {
            Failure::usage("there is no home folder to keep files in")
                .hint("set HOME, or name a folder: --data-dir DIR")
        })?;
        Ok(Path::new(home).join(below_home).join("freehold"))
    }

    /// Where the client keeps its session.
    pub(crate) fn client_folder(&self) -> Outcome<PathBuf> {
        self.folder("XDG_CONFIG_HOME", ".config")
    }
}

/// What the environment says of settings.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Texts by the keys of settings.
    pub(super) settings: BTreeMap<String, String>,
    /// Keys of variables that are no settings.
    pub(super) unknown: Vec<String>,
}

/// Whether Kubernetes sets such a variable, for a Service whose name begins with the product's: `..._SERVICE_HOST`,
/// `..._SERVICE_PORT`, `..._SERVICE_PORT_<NAME>`, `..._PORT`, `..._PORT_<NUMBER>_<PROTOCOL>` and parts of that.
fn is_service_link(key: &str) -> bool {
    let words: Vec<&str> = key.split('_').collect();
    (0..words.len()).any(|start| match &words[start..] {
        ["service", "host"] | ["service", "port", ..] | ["port"] => true,
        ["port", number, "tcp" | "udp" | "sctp", rest @ ..] => {
            number.parse::<u16>().is_ok() && matches!(rest, [] | ["proto" | "port" | "addr"])
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_services_are_told_from_mistyped_settings() {
        for link in [
            "SERVICE_HOST",
            "SERVICE_PORT",
            "SERVICE_PORT_HTTP",
            "PORT",
            "PORT_8080_TCP",
            "PORT_8080_TCP_ADDR",
            "API_SERVICE_HOST",
            "API_PORT_443_TCP_PROTO",
        ] {
            assert!(is_service_link(&link.to_lowercase()), "{link}");
        }
        for other in ["listn", "service", "port_tcp", "port_99999_tcp", "port_80_tcp_x", "support"] {
            assert!(!is_service_link(other), "{other}");
        }
    }
}
