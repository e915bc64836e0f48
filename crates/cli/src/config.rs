//! The configuration: the compiled-in defaults, a file, the environment, flags. Nothing else reads the environment.

mod aws;
mod environment;

use std::{
    collections::BTreeMap,
    fs,
    net::{AddrParseError, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Data, Format as _, Toml},
    value::{Dict, Map, Num, Value},
};
use plane::{http::client_address::ForwardedHeader, network::TrustedProxies, text::Email, workflow::Faults};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

pub(crate) use self::environment::Environment;
use self::{
    aws::Aws,
    environment::{NOT_SETTINGS, PREFIX, Variables},
};
use crate::{
    fail::{Failure, Outcome},
    print,
};

/// The default file, as `freehold config --defaults` prints it.
pub(crate) const DEFAULTS: &str = include_str!("config.default.toml");
const DEFAULTS_NAME: &str = "the defaults";
/// The fewest characters of a token that somebody makes up for the configuration.
const SHORTEST_TOKEN: usize = 32;
const SECRETS: [&str; 3] = ["admin_password", "setup_token", "metrics_token"];

/// The settings in force.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Config {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    public_url: String,
    pub setup: Setup,
    setup_token: SecretString,
    pub admin_email: Email,
    admin_password: SecretString,
    pub log_format: LogFormat,
    pub log_level: String,
    pub trusted_proxies: TrustedProxies,
    pub forwarded_header: ForwardedHeader,
    metrics_listen: String,
    metrics_token: SecretString,
    pub max_connections: usize,
    pub connections_per_network: usize,
    pub head_seconds: u64,
    pub body_seconds: u64,
    pub idle_seconds: u64,
    pub write_seconds: u64,
    pub auth_requests_per_five_minutes: u32,
    pub session_requests_per_five_minutes: u32,
    pub user_requests_per_minute: u32,
    pub mails_per_recipient_per_day: u32,
    pub mails_per_sender_per_day: u32,
    pub mails_per_account_per_day: u32,
    pub invitation_pause_seconds: u32,
    pub account_requests_per_minute: u32,
    pub costly_requests_per_minute: u32,
    pub access_token_minutes: u32,
    pub deletion_grace_days: u32,
    pub license_grace_days: u32,
    pub runs_at_once: usize,
    pub worker_threads: usize,
    pub shutdown_seconds: u64,
    pub clock_offset: i64,
    pub console_dir: PathBuf,
    faults: String,
    pub environment: Stage,
    pub profile: ProfileKind,
    #[serde(skip)]
    pub aws: Aws,
    #[serde(skip)]
    origins: Vec<Origin>,
}

/// Where the data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProfileKind {
    Embedded,
    Aws,
}

/// Which of an organisation's installations this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    Dev,
    Staging,
    Prod,
}

#[cfg(feature = "aws")]
impl Stage {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Setup {
    AtStart,
    ByToken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// A setting as it is shown: its value, and where it came from.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Origin {
    pub key: String,
    pub value: serde_json::Value,
    pub source: String,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`
    pub file: Option<PathBuf>,
    /// Settings by their keys.
    pub settings: BTreeMap<String, String>,
}

/// Warns of variables with the product's prefix that are neither settings nor read by the command line.
pub(crate) fn warn_of_unknown_variables(environment: &Environment) {
    let Ok(defaults) = Layer::of_file(DEFAULTS_NAME.into(), DEFAULTS) else { return };
    for key in environment.variables(&defaults.values).unknown {
        let name = format!("{PREFIX}{}", key.to_ascii_uppercase());
        let known = defaults.values.keys().map(|key| format!("{PREFIX}{}", key.to_ascii_uppercase()));
        let known = known.chain(NOT_SETTINGS.map(str::to_owned));
        let near = known.map(|known| (distance(&known, &name), known)).min().filter(|(distance, _)| *distance <= 3);
        let hint = near.map_or_else(
            || "freehold config --defaults shows every setting".to_owned(),
            |(_, known)| format!("did you mean {known}?"),
        );
        print::note(format_args!("warning: there is no setting {key} (the environment: {name})\nhint: {hint}"));
    }
}

/// Reads the configuration, or says which key of which source is wrong.
pub(crate) fn load(environment: &Environment, flags: &Flags) -> Outcome<Config> {
    let defaults = Layer::of_file(DEFAULTS_NAME.into(), DEFAULTS)?;
    if let Some(secret) = SECRETS.iter().find(|secret| flags.settings.contains_key(**secret)) {
        let variable = format!("{PREFIX}{}", secret.to_ascii_uppercase());
        return Err(Failure::usage(format!(
            "{secret} is a secret, and other users of this machine can read the command line"
        ))
        .hint(format!("set {variable} in the environment, or {secret} in a configuration file")));
    }
    let flag_layer = Layer::of_texts("the command line", &defaults.values, &flags.settings, |key| {
        format!("--{}", key.replace('_', "-"))
    })?;
    let Variables { settings, .. } = environment.variables(&defaults.values);
    let environment_layer = Layer::of_texts("the environment", &defaults.values, &settings, |key| {
        format!("{PREFIX}{}", key.to_ascii_uppercase())
    })?;
    let mut layers = vec![defaults, environment_layer, flag_layer];

    let named = flags.file.clone().or_else(|| environment.get("FREEHOLD_CONFIG").map(PathBuf::from));
    let mut own_file = false;
    let file = if named.is_some() {
        named
    } else {
        let file = data_dir(environment, &layers)?.join("freehold.toml");
        own_file = file.exists();
        own_file.then_some(file)
    };
    if let Some(file) = file {
        let text = fs::read_to_string(&file)
            .map_err(|error| Failure::usage(format!("the configuration {} can't be read: {error}", file.display())))?;
        let layer = Layer::of_file(file.display().to_string(), &text)?;
        layer.check_keys(&layers[0].values)?;
        if own_file && layer.values.contains_key("data_dir") {
            return Err(Failure::usage(format!("data_dir can't be set in {}, which it leads to", file.display()))
                .hint("set FREEHOLD_DATA_DIR, or give --data-dir"));
        }
        layers.insert(1, layer);
    }
    resolve(environment, &layers)
}

fn data_dir(environment: &Environment, layers: &[Layer]) -> Outcome<PathBuf> {
    let set =
        layers.iter().rev().find_map(|layer| layer.values.get("data_dir")?.as_str().filter(|dir| !dir.is_empty()));
    set.map_or_else(|| environment.folder("XDG_DATA_HOME", ".local/share"), |dir| Ok(PathBuf::from(dir)))
}

fn resolve(environment: &Environment, layers: &[Layer]) -> Outcome<Config> {
    let figment = layers.iter().fold(Figment::new(), |figment, layer| figment.merge(layer));
    let mut config: Config = figment.extract().map_err(|error| wrong_value(&error, layers))?;
    config.aws = figment.extract().map_err(|error| wrong_value(&error, layers))?;
    config.data_dir = data_dir(environment, layers)?;
    config.origins = origins(&config, layers);
    config.check(layers)?;
    Ok(config)
}

/// The last layer that sets a key.
fn source_of<'a>(key: &str, layers: &'a [Layer]) -> &'a Layer {
    layers.iter().rev().find(|layer| layer.values.contains_key(key)).unwrap_or(&layers[0])
}

fn wrong_value(error: &Error, layers: &[Layer]) -> Failure {
    let Some(key) = error.path.first() else { return Failure::usage(format!("the configuration is wrong: {error}")) };
    let what = match &error.kind {
        // The value itself could be a secret.
        _ if SECRETS.contains(&key.as_str()) => "it must be a text".to_owned(),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("it must be {}", plain(expected)),
        Kind::UnknownVariant(_, allowed) => format!("it must be one of {}", allowed.join(", ")),
        other => other.to_string(),
    };
    source_of(key, layers).wrong(key, what)
}

/// What a setting must be, said without the names of Rust's types.
fn plain(expected: &str) -> String {
    match expected {
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" | "u64" | "usize" => "a whole number of at least 0".to_owned(),
        "i64" => "a whole number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        // A type's own words.
        other => other.to_owned(),
    }
}

fn origins(config: &Config, layers: &[Layer]) -> Vec<Origin> {
    let shown = |key: &String| {
        let layer = source_of(key, layers);
        let value = match key.as_str() {
            "data_dir" => config.data_dir.display().to_string().into(),
            "public_url" => config.public_url("").into(),
            _ => {
                let value =
                    layer.values.get(key).and_then(|value| serde_json::to_value(value).ok()).unwrap_or_default();
                let secret = SECRETS.contains(&key.as_str()) && value != "";
                if secret { "(secret)".into() } else { value }
            }
        };
        Origin { key: key.clone(), value, source: layer.source(key) }
    };
    layers[0].order.iter().map(shown).collect()
}

impl Config {
    fn check(&self, layers: &[Layer]) -> Outcome {
        let refuse = |key: &str, what: &str| Err(source_of(key, layers).wrong(key, what.to_owned()));
        if self.runs_at_once == 0 {
            return refuse("runs_at_once", "at least one run works");
        }
        if self.license_grace_days > 365 {
            return refuse("license_grace_days", "a grace period lasts at most 365 days");
        }
        if !(1..=1440).contains(&self.access_token_minutes) {
            return refuse("access_token_minutes", "a token lives from 1 to 1440 minutes");
        }
        let token = self.setup_token.expose_secret();
        if !token.is_empty() && token.chars().count() < SHORTEST_TOKEN {
            return refuse(
                "setup_token",
                "it has at least 32 characters: a person who guesses it becomes the first administrator",
            )
            .map_err(|failure| failure.hint("make one: openssl rand -base64 32; or leave it out to have one made"));
        }
        if self.connections_per_network == 0 {
            return refuse("connections_per_network", "a client has at least one connection");
        }
        if self.metrics_listen().is_err() {
            return refuse("metrics_listen", "it is an address with a port, such as 127.0.0.1:9090, or empty");
        }
        let length = self.metrics_token.expose_secret().len();
        if (1..SHORTEST_TOKEN).contains(&length) {
            return refuse("metrics_token", "a token has at least 32 characters");
        }
        if self.worker_threads > 1024 {
            return refuse("worker_threads", "there are at most 1024 threads");
        }
        for (key, used) in [("clock_offset", self.clock_offset != 0), ("faults", self.injects_faults())] {
            if let Some(why) = self.refuses_rehearsal().filter(|_| used) {
                return refuse(key, &format!("this is for rehearsals on a developer's machine, and {why}"))
                    .map_err(|failure| failure.hint(format!("leave {key} out")));
            }
        }
        if let Err(error) = self.faults.parse::<Faults>() {
            return refuse("faults", &error.to_string());
        }
        let url = self.public_url.as_str();
        let plain =
            url.is_empty() || (url.starts_with("http://") || url.starts_with("https://")) && !url.ends_with('/');
        if !plain {
            return refuse("public_url", "it begins with https:// or http:// and does not end with a slash");
        }
        if let Some(why) = not_an_origin(url) {
            return refuse("public_url", why)
                .map_err(|failure| failure.hint("name the origin alone: https://freehold.example.com"));
        }
        if self.profile == ProfileKind::Aws {
            if cfg!(not(feature = "aws")) {
                let hint = "build it in: cargo build --release --bin freehold --features aws";
                return refuse("profile", "this binary was built without the aws profile")
                    .map_err(|failure| failure.hint(hint));
            }
            if self.public_url.is_empty() && !self.listen.ip().is_loopback() {
                return refuse("public_url", "in the aws profile it is set: every process issues tokens in its name");
            }
            if let Err((key, what)) = self.aws.check() {
                return refuse(key, what);
            }
        }
        if let Err(error) = self.log_level.parse::<tracing_subscriber::EnvFilter>() {
            return refuse("log_level", &error.to_string());
        }
        Ok(())
    }

    /// Why nobody may rehearse faults and dates with this configuration.
    fn refuses_rehearsal(&self) -> Option<&'static str> {
        if self.profile == ProfileKind::Aws {
            return (!cfg!(feature = "rehearsal")).then_some("the profile is aws");
        }
        let local_url = |url: &str| {
            let host = url.split_once("://").map_or(url, |(_, rest)| rest);
            let host = host.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host
                .rsplit_once(':')
                .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
                .map_or(host, |(host, _)| host);
            host == "localhost"
                || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        };
        let reasons = [
            (self.environment != Stage::Dev, "environment is not dev"),
            (!self.listen.ip().is_loopback(), "the server listens on more than this machine"),
            (!self.trusted_proxies.is_empty(), "trusted_proxies are set"),
            (!self.public_url.is_empty() && !local_url(&self.public_url), "public_url names another machine"),
        ];
        reasons.into_iter().find_map(|(holds, why)| holds.then_some(why))
    }

    /// Whether the default administrator's address would be used where mail leaves the machine.
    pub(crate) fn mails_default_admin(&self) -> bool {
        self.profile == ProfileKind::Aws && self.setup == Setup::AtStart && self.admin_email.is_default_admin()
    }

    /// Refuses the default administrator's address where mail leaves the machine.
    pub(crate) fn refuse_default_admin(&self) -> Outcome {
        if !self.mails_default_admin() {
            return Ok(());
        }
        let source = self.origins.iter().find(|origin| origin.key == "admin_email").map(|origin| &*origin.source);
        let source = source.unwrap_or(DEFAULTS_NAME);
        let what = "in the aws profile it is set: the default belongs to a stranger's domain";
        Err(Failure::usage(format!("the setting admin_email is wrong ({source}): {what}"))
            .hint("set FREEHOLD_ADMIN_EMAIL to an address that reaches the first administrator"))
    }

    /// Every setting in force, and where it came from.
    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Whether it is said where people reach the product.
    #[cfg(feature = "aws")]
    pub(crate) fn has_public_url(&self) -> bool {
        !self.public_url.is_empty()
    }

    /// The public address of the product; `listening` is used where nothing is configured.
    pub(crate) fn public_url(&self, listening: &str) -> String {
        match (self.public_url.as_str(), listening) {
            ("", "") => format!("http://{}", reachable(self.listen)),
            ("", listening) => match listening.parse() {
                Ok(address) => format!("http://{}", reachable(address)),
                Err(_) => format!("http://{listening}"),
            },
            (url, _) => url.to_owned(),
        }
    }

    /// Whether links work on this machine only, although others can connect: the address to listen on means every
    /// address, and none is named for people.
    pub(crate) fn links_lead_nowhere(&self) -> bool {
        self.public_url.is_empty() && self.listen.ip().is_unspecified()
    }

    pub(crate) fn admin_password(&self) -> Option<SecretString> {
        set(&self.admin_password)
    }

    pub(crate) fn setup_token(&self) -> Option<SecretString> {
        set(&self.setup_token)
    }

    /// The address of the listener that serves the metrics alone.
    pub(crate) fn metrics_listen(&self) -> Result<Option<SocketAddr>, AddrParseError> {
        let address = self.metrics_listen.as_str();
        if address.is_empty() { Ok(None) } else { address.parse().map(Some) }
    }

    pub(crate) fn metrics_token(&self) -> Option<SecretString> {
        set(&self.metrics_token)
    }

    pub(crate) fn injects_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The faults to inject. Those that crash end the process, as a power cut would.
    pub(crate) fn faults(&self) -> Faults {
        let faults: Faults = self.faults.parse().expect("it was parsed when the configuration was checked");
        faults.on_crash(|_| std::process::abort())
    }
}

/// What a public address has that the product can't be served under.
fn not_an_origin(url: &str) -> Option<&'static str> {
    if url.is_empty() {
        return None;
    }
    let Ok(parsed) = reqwest::Url::parse(url) else { return Some("it is not the address of a host") };
    // The text is the prefix of links, so it has no path that a parser would leave out either, as `/.` is.
    let has_path = url.split_once("://").is_some_and(|(_, host)| host.contains(['/', '\\']));
    if parsed.query().is_some() || parsed.fragment().is_some() {
        Some("it has no query and no fragment: links are made by appending a path")
    } else if has_path || parsed.path() != "/" {
        Some("it has no path: the console and its cookie are served from the root of a host")
    } else if !parsed.username().is_empty() || parsed.password().is_some() {
        Some("it has no user or password: it stands in mails")
    } else {
        None
    }
}

/// An address that a client on this machine can connect to: the unspecified address is no destination.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn set(secret: &SecretString) -> Option<SecretString> {
    (!secret.expose_secret().is_empty()).then(|| secret.clone())
}

/// The settings of one source.
struct Layer {
    name: String,
    values: Dict,
    /// The keys as the source writes them down.
    order: Vec<String>,
    spelt: fn(&str) -> String,
}

impl Layer {
    fn of_file(name: String, text: &str) -> Outcome<Self> {
        let provider = Toml::string(text);
        let read = <Data<Toml> as Provider>::data(&provider);
        let mut profiles = read.map_err(|error| Failure::usage(format!("{name} is not TOML: {error}")))?;
        let values = profiles.remove(&Profile::Default).unwrap_or_default();
        let keys = text.lines().filter_map(|line| line.split_once(" = ").map(|(key, _)| key.trim().to_owned()));
        let order = keys.filter(|key| values.contains_key(key)).collect();
        Ok(Self { name, values, order, spelt: str::to_owned })
    }

    /// Settings as texts, read as what the default is.
    fn of_texts(
        name: &str,
        defaults: &Dict,
        texts: &BTreeMap<String, String>,
        spelt: fn(&str) -> String,
    ) -> Outcome<Self> {
        let mut layer = Self { name: name.to_owned(), values: Dict::new(), order: Vec::new(), spelt };
        for (key, text) in texts {
            let Some(default) = defaults.get(key) else { return Err(layer.unknown(key, defaults)) };
            layer.values.insert(key.clone(), typed(default, text));
        }
        Ok(layer)
    }

    fn check_keys(&self, defaults: &Dict) -> Outcome {
        self.values
            .keys()
            .find(|key| !defaults.contains_key(*key))
            .map_or(Ok(()), |key| Err(self.unknown(key, defaults)))
    }

    fn unknown(&self, key: &str, defaults: &Dict) -> Failure {
        let near = defaults.keys().min_by_key(|known| distance(known, key)).filter(|known| distance(known, key) <= 3);
        let failure = Failure::usage(format!("there is no setting {key} ({})", self.source(key)));
        match near {
            Some(known) => failure.hint(format!("did you mean {}?", (self.spelt)(known))),
            None => failure.hint("freehold config --defaults shows every setting"),
        }
    }

    fn wrong(&self, key: &str, what: String) -> Failure {
        Failure::usage(format!("the setting {key} is wrong ({}): {what}", self.source(key)))
            .hint("freehold config --defaults explains every setting")
    }

    /// Where a key is set, as a person would look for it.
    fn source(&self, key: &str) -> String {
        let spelt = (self.spelt)(key);
        if spelt == key { self.name.clone() } else { format!("{}: {spelt}", self.name) }
    }
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

fn typed(default: &Value, text: &str) -> Value {
    match default {
        Value::Num(..) => text.parse::<i64>().map_or_else(|_| text.into(), |number| Num::from(number).into()),
        Value::Bool(..) => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Value::Array(..) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(Value::from).collect::<Vec<_>>().into()
        }
        Value::String(..) | Value::Char(..) | Value::Dict(..) | Value::Empty(..) => text.into(),
    }
}

/// Levenshtein's distance, for hints.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
