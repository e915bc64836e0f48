//! The command line.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    commands::{
        accounts::Accounts,
        audit::Audit,
        connections::Connections,
        dead_letters::DeadLetters,
        entity::Crud,
        events::Events,
        executions::Executions,
        groups::Groups,
        jobs::Jobs,
        licenses::Licenses,
        login::Login,
        me::Me,
        operate::{Admin, Backup, Restore, RotateKeys, Show, VerifyBootstrap},
        outbox::Outbox,
        preflight::Preflight,
        provisioning::Provisioning,
        roles::Roles,
        search::Search,
        users::Users,
        workstreams::Workstreams,
    },
    config::Flags,
};

/// Freehold: a control plane for many tenants. One binary: the server, and a client of its API.
#[derive(Debug, Parser)]
#[command(
    name = "freehold",
    version,
    max_term_width = 100,
    after_help = "Examples:
  freehold serve                                          start a server on this machine
  freehold login                                          sign in to it
  freehold accounts create -f account.json --watch        onboard an account, step by step
  freehold users list --account ID --json                 what programs read

Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong command line,
configuration or data folder."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Common {
    /// The server to ask [env: FREEHOLD_SERVER] [default: the one signed in to]
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// The configuration file [env: FREEHOLD_CONFIG] [default: freehold.toml in the data folder]
    #[arg(long = "config", global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder [env: FREEHOLD_DATA_DIR] [default: ~/.local/share/freehold]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server
    #[command(after_help = "Examples:
  freehold serve
  freehold serve --data-dir ./data --listen 127.0.0.1:0
  freehold serve --set log_level=debug --set deletion_grace_days=30

The first start sets the platform up and prints its administrator's password, once. SIGTERM or
Ctrl-C waits for open requests and steps; a second signal stops the server at once.")]
    Serve(Serve),
    /// Show the configuration in force, and where each setting came from
    #[command(after_help = "Examples:
  freehold config
  freehold config --defaults > freehold.toml")]
    Config(Show),
    /// Check the data folder and the settings
    Doctor,
    /// Check the AWS resources that the product needs: credentials, table, parameters, mail, events, secrets
    #[command(after_help = "Examples:
  freehold preflight --profile aws
  freehold preflight --profile aws --set aws_region=eu-central-1 --fix")]
    Preflight(Preflight),
    /// Copy the data folder, keys included, also while the server runs
    #[command(after_help = "Example:
  freehold backup /backups/2026-01-31

The backup holds the keys that sign tokens: keep it as safe as the data folder.")]
    Backup(Backup),
    /// Put a backup into an empty data folder
    #[command(after_help = "Examples:
  freehold restore /backups/2026-01-31 --data-dir ./data
  freehold restore /backups/2026-01-31 --data-dir ./data --end-sessions

The whole backup is checked first. To finish a restore that was interrupted, give it again; until
then no server starts on the folder. People, passwords, rights and sessions come back as they were.")]
    Restore(Restore),
    /// Check the records that Day-0 created
    VerifyBootstrap(VerifyBootstrap),
    /// Sign tokens with a new key; tokens of the old one stay valid until they expire
    RotateKeys(RotateKeys),
    /// End every session: everybody signs in again
    #[command(after_help = "Example:
  freehold end-sessions --data-dir ./data

For tokens that leaked, and after a restore, which brings sessions back that ended since the backup.")]
    EndSessions,
    /// What the owner of the host does for the platform's operators
    #[command(subcommand)]
    Admin(Admin),
    /// Print completions for a shell
    #[command(after_help = "Example:
  freehold completions bash > ~/.local/share/bash-completion/completions/freehold")]
    Completions { shell: Shell },
    /// Sign in to a server
    #[command(after_help = "Examples:
  freehold login
  freehold login --server https://freehold.example --email ada@acme.example
  printf '%s\\n' \"$PASSWORD\" | freehold login --email ada@acme.example --password-stdin")]
    Login(Login),
    /// Sign out
    Logout,
    /// Show who is signed in
    Whoami,
    /// Your own e-mail address
    #[command(
        subcommand,
        after_help = "Examples:
  freehold me email ada@acme.example
  freehold me confirm-email CODE"
    )]
    Me(Me),
    /// Accounts and their onboarding
    #[command(
        subcommand,
        after_help = "Examples:
  freehold accounts create -f account.json --watch
  freehold accounts list --filter status=failed
  freehold accounts delete ID --confirm 'Acme' --watch"
    )]
    Accounts(Accounts),
    /// Connections to other accounts of AWS, in which accounts can have their tables
    #[command(
        subcommand,
        after_help = "Examples:
  freehold connections create name='Acme of their own' region=eu-central-1
  freehold connections stack ID
  freehold connections verify ID --role arn:aws:iam::123456789012:role/freehold-ACCOUNT_ID
  freehold accounts create -f account.json connectionId=ID --watch"
    )]
    Connections(Connections),
    /// Users, their groups and workstreams
    #[command(
        subcommand,
        after_help = "Examples:
  freehold users list --account ID --all
  freehold users provision -f user.json
  freehold users groups ID --set GROUP_ID,GROUP_ID"
    )]
    Users(Users),
    /// Licenses and their seats
    #[command(
        subcommand,
        after_help = "Examples:
  freehold licenses capacity --account ID
  freehold licenses expiring --days 30
  freehold licenses update ID numberOfUsers:=25 --account ID"
    )]
    Licenses(Licenses),
    /// Enterprises and their products
    #[command(
        subcommand,
        after_help = "Example:
  freehold enterprises create name=Retail 'productIds:=[\"ID\"]'"
    )]
    Enterprises(Crud),
    /// Products and their services
    #[command(
        subcommand,
        after_help = "Example:
  freehold products create name=Payments 'serviceIds:=[\"ID\"]'"
    )]
    Products(Crud),
    /// Services
    #[command(
        subcommand,
        after_help = "Example:
  freehold services create name=Ledger description='Books and balances'"
    )]
    Services(Crud),
    /// Groups, their roles and members
    #[command(
        subcommand,
        after_help = "Example:
  freehold groups roles ID --set ROLE_ID,ROLE_ID"
    )]
    Groups(Groups),
    /// Roles and what they permit
    #[command(
        subcommand,
        after_help = "Example:
  freehold roles permissions get ID --json > permissions.json
  freehold roles permissions set ID -f permissions.json"
    )]
    Roles(Roles),
    /// Workstreams
    #[command(
        subcommand,
        after_help = "Example:
  freehold workstreams create name=Checkout --account ID --enterprise ID"
    )]
    Workstreams(Workstreams),
    /// Onboardings and removals of accounts
    #[command(
        subcommand,
        after_help = "Example:
  freehold provisioning redrive ACCOUNT_ID --watch"
    )]
    Provisioning(Provisioning),
    /// Steps that failed permanently
    #[command(
        subcommand,
        after_help = "Example:
  freehold dead-letters list --filter worker=verifier"
    )]
    DeadLetters(DeadLetters),
    /// Runs of workflows
    #[command(subcommand)]
    Executions(Executions),
    /// The audit log
    #[command(
        subcommand,
        after_help = "Examples:
  freehold audit keys > audit-keys.json
  freehold audit export --account ID -o acme.jsonl
  freehold audit verify --file acme.jsonl --keys audit-keys.json"
    )]
    Audit(Audit),
    /// Lifecycle events
    #[command(subcommand)]
    Events(Events),
    /// Find records of every kind by a part of a name, an e-mail address or an id
    #[command(after_help = "Examples:
  freehold search hopper
  freehold search grace@acme.example
  freehold search 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01")]
    Search(Search),
    /// Scheduled jobs: their last and next runs
    #[command(
        subcommand,
        after_help = "Example:
  freehold jobs show license-reminders"
    )]
    Jobs(Jobs),
    /// Mails that were sent
    #[command(subcommand)]
    Outbox(Outbox),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 takes any free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The public address of the product [default: the address listened on]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The first administrator's e-mail address [default: the first sign-in asks for it]
    #[arg(long, value_name = "ADDRESS")]
    admin_email: Option<String>,
    /// The format of log lines: text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// The log level: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Any other setting; `freehold config --defaults` explains them
    #[arg(long = "set", value_name = "SETTING=VALUE", value_parser = pair)]
    settings: Vec<(String, String)>,
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as SETTING=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// A whole number within bounds.
pub(crate) fn whole<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| format!("it must be a whole number from {LEAST} to {MOST}"))
}

impl Cli {
    /// What the command line says about settings.
    pub(crate) fn flags(&self) -> Flags {
        let mut settings = BTreeMap::new();
        if let Command::Serve(serve) = &self.command {
            settings.extend(serve.settings.iter().cloned());
            let listen = serve.listen.map(|listen| listen.to_string());
            let named = [
                ("listen", &listen),
                ("public_url", &serve.public_url),
                ("admin_email", &serve.admin_email),
                ("log_format", &serve.log_format),
                ("log_level", &serve.log_level),
            ];
            settings.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))));
        }
        if let Command::Preflight(preflight) = &self.command {
            settings.extend(preflight.settings.iter().cloned());
            settings.extend(preflight.profile.iter().map(|profile| ("profile".to_owned(), profile.clone())));
        }
        settings.extend(self.common.data_dir.iter().map(|dir| ("data_dir".to_owned(), dir.clone())));
        Flags { file: self.common.config.clone(), settings }
    }
}
