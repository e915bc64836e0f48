//! Every action that an operation can ask for: who may ever do it, and by which right.

use super::rights::{Menu, Right, Verb};

/// Which rule of the policy an action falls under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Oneself: needs no right.
    Own,
    /// Within an account, by a right; operators in any account.
    Tenant,
    /// Operators alone, by a right.
    Platform,
}

impl Class {
    /// The policy's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Tenant => "tenant",
            Self::Platform => "platform",
        }
    }
}

/// What the guard must know of an action.
#[derive(Debug)]
pub struct ActionFacts {
    /// The operation's name, noun first, as in the API's document and in the audit log.
    pub id: &'static str,
    pub class: Class,
    pub right: Right,
    /// Concerns one account (by default the caller's), not the platform as a whole.
    pub in_account: bool,
    /// Concerns one enterprise of the account (by default the caller's), not the account as a whole.
    pub in_enterprise: bool,
}

/// An action, as a type: what [`super::Granted`] is granted for.
pub trait Action: Send + Sync + 'static {
    const FACTS: &'static ActionFacts;
}

macro_rules! actions {
    ($($name:ident = $id:literal $class:ident $menu:ident $tab:literal $verb:ident $scope:ident;)*) => {
        $(
            #[derive(Debug)]
            pub enum $name {}

            impl Action for $name {
                const FACTS: &'static ActionFacts = &ActionFacts {
                    id: $id,
                    class: Class::$class,
                    right: Right { menu: Menu::$menu, tab: $tab, verb: Verb::$verb },
                    in_account: actions!(@account $scope),
                    in_enterprise: actions!(@enterprise $scope),
                };
            }
        )*

        /// All of them, in the order of this file.
        pub const ALL: &[&ActionFacts] = &[$($name::FACTS,)*];
    };
    (@account platform) => { false };
    (@account account) => { true };
    (@account enterprise) => { true };
    (@enterprise platform) => { false };
    (@enterprise account) => { false };
    (@enterprise enterprise) => { true };
}

actions! {
    MeRead = "me_read" Own Dashboard "summary" View account;
    MeEdit = "me_edit" Own Dashboard "summary" View account;
    MasterDataRead = "master_data_read" Own Dashboard "summary" View account;
    // Each record that is found is judged by the right to read it.
    Search = "search" Own Dashboard "summary" View account;

    AccountList = "account_list" Platform Overview "accounts" View platform;
    AccountCreate = "account_create" Platform Overview "accounts" Create platform;
    AccountRead = "account_read" Tenant AccountSettings "account" View account;
    AccountEdit = "account_edit" Tenant AccountSettings "account" Edit account;
    AccountDelete = "account_delete" Platform Overview "accounts" Delete account;

    ProvisioningRead = "provisioning_read" Platform Overview "provisioning" View account;
    ProvisioningStart = "provisioning_start" Platform Overview "provisioning" Create account;
    ProvisioningEdit = "provisioning_edit" Platform Overview "provisioning" Edit account;
    ProvisioningDelete = "provisioning_delete" Platform Overview "provisioning" Delete account;
    DeadLetterRead = "dead_letter_read" Platform Overview "provisioning" View account;
    DeadLetterEdit = "dead_letter_edit" Platform Overview "provisioning" Edit account;
    OutboxRead = "outbox_read" Platform Overview "provisioning" View account;
    EventRead = "event_read" Platform Overview "provisioning" View account;

    MetricsRead = "metrics_read" Platform Overview "provisioning" View platform;

    JobRead = "job_read" Platform Overview "provisioning" View platform;

    ConnectionRead = "connection_read" Platform Security "connections" View platform;
    ConnectionCreate = "connection_create" Platform Security "connections" Create platform;
    ConnectionEdit = "connection_edit" Platform Security "connections" Edit platform;
    ConnectionDelete = "connection_delete" Platform Security "connections" Delete platform;

    AuditRead = "audit_read" Tenant Overview "audit" View enterprise;
    AuditReadAll = "audit_read_all" Tenant Overview "account-audit" View account;

    EnterpriseCreate = "enterprise_create" Platform AccountSettings "enterprises" Create platform;
    EnterpriseEdit = "enterprise_edit" Platform AccountSettings "enterprises" Edit platform;
    EnterpriseDelete = "enterprise_delete" Platform AccountSettings "enterprises" Delete platform;

    LicenseRead = "license_read" Tenant AccountSettings "licenses" View enterprise;
    LicenseCreate = "license_create" Platform AccountSettings "licenses" Create enterprise;
    LicenseEdit = "license_edit" Platform AccountSettings "licenses" Edit enterprise;
    LicenseDelete = "license_delete" Platform AccountSettings "licenses" Delete enterprise;

    WorkstreamRead = "workstream_read" Tenant AccountSettings "workstreams" View enterprise;
    WorkstreamCreate = "workstream_create" Tenant AccountSettings "workstreams" Create enterprise;
    WorkstreamEdit = "workstream_edit" Tenant AccountSettings "workstreams" Edit enterprise;
    WorkstreamDelete = "workstream_delete" Tenant AccountSettings "workstreams" Delete enterprise;

    UserRead = "user_read" Tenant AccessControl "users" View enterprise;
    UserCreate = "user_create" Tenant AccessControl "users" Create enterprise;
    UserEdit = "user_edit" Tenant AccessControl "users" Edit enterprise;
    UserDelete = "user_delete" Tenant AccessControl "users" Delete enterprise;

    GroupRead = "group_read" Tenant AccessControl "groups" View enterprise;
    GroupCreate = "group_create" Tenant AccessControl "groups" Create enterprise;
    GroupEdit = "group_edit" Tenant AccessControl "groups" Edit enterprise;
    GroupDelete = "group_delete" Tenant AccessControl "groups" Delete enterprise;

    RoleRead = "role_read" Tenant AccessControl "roles" View enterprise;
    RoleCreate = "role_create" Tenant AccessControl "roles" Create enterprise;
    RoleEdit = "role_edit" Tenant AccessControl "roles" Edit enterprise;
    RoleDelete = "role_delete" Tenant AccessControl "roles" Delete enterprise;
}
