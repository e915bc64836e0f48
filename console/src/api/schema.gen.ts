// Generated from openapi.json (sha256 48a6ad1d3ecf2ea88b762f4acc77562742511fc3dab478113228e7f66e6c456c). Not edited by hand.
export interface paths {
    "/api/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List accounts, by name
         * @description Who may: operators with `overview/accounts:view`.
         */
        get: operations["accounts_list"];
        put?: never;
        /**
         * Create an account and begin its onboarding
         * @description Who may: operators with `overview/accounts:create`.
         */
        post: operations["accounts_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{accountId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an account
         * @description Who may: `account-settings/account:view` in the account; operators in any account.
         */
        get: operations["accounts_read"];
        /**
         * Update an account
         * @description Who may: `account-settings/account:edit` in the account; operators in any account.
         */
        put: operations["accounts_update"];
        post?: never;
        /**
         * Delete an account: disable it, and remove it after the time of grace
         * @description Who may: operators with `overview/accounts:delete`.
         */
        delete: operations["accounts_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{accountId}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore an account within its time of grace
         * @description Who may: operators with `overview/accounts:delete`.
         */
        post: operations["accounts_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{accountId}/technical-users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the technical users of an account
         * @description Who may: `access-control/users:view` in the account; operators in any account.
         */
        get: operations["accounts_technical_users"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{accountId}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what was removed of a deleted account
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["accounts_receipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the audit log of an enterprise, the latest first
         * @description Who may: `overview/audit:view` in the account; operators in any account.
         */
        get: operations["audit_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the audit log of a whole account, the latest first
         * @description Who may: `overview/account-audit:view` in the account; operators in any account.
         */
        get: operations["audit_list_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check the chain of the audit log
         * @description Who may: `overview/audit:view` in the account; operators in any account.
         */
        get: operations["audit_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check the chain of the audit log, and sign what it ends with
         * @description Who may: `overview/account-audit:view` in the account; operators in any account.
         */
        get: operations["audit_checkpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/audit-keys.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The keys that sign checkpoints of audit logs
         * @description Open to all.
         */
        get: operations["audit_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["auth_login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer the challenge of a sign-in
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["auth_challenge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange a refresh token for new tokens, also of another account of the person
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["auth_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out: end the session of the access token, refresh token and cookie given
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["auth_logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/forgot-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a mail to set a new password by
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["auth_forgot_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/reset-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password by the code or the link of the mail
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["auth_reset_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/change-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change one's password
         * @description Who may: any signed-in user.
         */
        post: operations["auth_change_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/accept-invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Choose a password by the link of an invitation
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["auth_accept_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The keys that sign tokens
         * @description Open to all.
         */
        get: operations["auth_jwks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/openid-configuration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The identity provider's description of itself
         * @description Open to all.
         */
        get: operations["auth_openid_configuration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bootstrap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set the platform up (Day-0)
         * @description Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with credentials is not kept.
         */
        post: operations["bootstrap_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List connections to other accounts of AWS, the oldest first
         * @description Who may: operators with `security/connections:view`.
         */
        get: operations["connections_list"];
        put?: never;
        /**
         * Begin a connection to another account of AWS
         * @description Who may: operators with `security/connections:create`.
         */
        post: operations["connections_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/connections/{connectionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a connection
         * @description Who may: operators with `security/connections:view`.
         */
        get: operations["connections_read"];
        put?: never;
        post?: never;
        /**
         * Delete a connection that no account uses
         * @description Who may: operators with `security/connections:delete`.
         */
        delete: operations["connections_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/connections/{connectionId}/stack": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the stack that the other account's owner makes
         * @description Who may: operators with `security/connections:view`.
         */
        get: operations["connections_stack"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/connections/{connectionId}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify that the role opens as it must
         * @description Who may: operators with `security/connections:edit`.
         */
        post: operations["connections_verify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/enterprises": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List enterprises, with their products and services, by name
         * @description Who may: any signed-in user.
         */
        get: operations["enterprises_list"];
        put?: never;
        /**
         * Create an enterprise
         * @description Who may: operators with `account-settings/enterprises:create`.
         */
        post: operations["enterprises_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/enterprises/{enterpriseId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an enterprise with its products and services
         * @description Who may: any signed-in user.
         */
        get: operations["enterprises_read"];
        /**
         * Update an enterprise; the products given replace its links
         * @description Who may: operators with `account-settings/enterprises:edit`.
         */
        put: operations["enterprises_update"];
        post?: never;
        /**
         * Delete an enterprise and its links
         * @description Who may: operators with `account-settings/enterprises:delete`.
         */
        delete: operations["enterprises_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the lifecycle events of an account, the latest first
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["events_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List groups
         * @description Who may: `access-control/groups:view` in the account; operators in any account.
         */
        get: operations["groups_list"];
        put?: never;
        /**
         * Create a group
         * @description Who may: `access-control/groups:create` in the account; operators in any account.
         */
        post: operations["groups_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/groups/{groupId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a group
         * @description Who may: `access-control/groups:view` in the account; operators in any account.
         */
        get: operations["groups_read"];
        /**
         * Update a group
         * @description Who may: `access-control/groups:edit` in the account; operators in any account.
         */
        put: operations["groups_update"];
        post?: never;
        /**
         * Delete a group, and take it from its users
         * @description Who may: `access-control/groups:delete` in the account; operators in any account.
         */
        delete: operations["groups_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/groups/{groupId}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the roles that a group gives
         * @description Who may: `access-control/groups:view` in the account; operators in any account.
         */
        get: operations["groups_roles"];
        /**
         * Replace the roles that a group gives
         * @description Who may: `access-control/groups:edit` in the account; operators in any account.
         */
        put: operations["groups_set_roles"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/groups/{groupId}/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the members of a group
         * @description Who may: `access-control/groups:view` in the account; operators in any account.
         */
        get: operations["groups_members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List scheduled jobs by name
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["jobs_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/jobs/{jobName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a scheduled job
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["jobs_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List licenses
         * @description Who may: `account-settings/licenses:view` in the account; operators in any account.
         */
        get: operations["licenses_list"];
        put?: never;
        /**
         * License an enterprise, product and service to an account
         * @description Who may: operators with `account-settings/licenses:create`.
         */
        post: operations["licenses_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/capacity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count the seats of the licenses in force
         * @description Who may: `account-settings/licenses:view` in the account; operators in any account.
         */
        get: operations["licenses_capacity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/expiring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List licenses that end within some days
         * @description Who may: `account-settings/licenses:view` in the account; operators in any account.
         */
        get: operations["licenses_expiring"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/licensed-entities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what the licenses in force open
         * @description Who may: `account-settings/licenses:view` in the account; operators in any account.
         */
        get: operations["licenses_licensed_entities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/send-reminders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remind contacts whose notice period has begun
         * @description Who may: operators with `account-settings/licenses:edit`.
         */
        post: operations["licenses_send_reminders"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/licenses/{licenseId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a license
         * @description Who may: `account-settings/licenses:view` in the account; operators in any account.
         */
        get: operations["licenses_read"];
        /**
         * Update a license's dates, seats, contact or reminder
         * @description Who may: operators with `account-settings/licenses:edit`.
         */
        put: operations["licenses_update"];
        post?: never;
        /**
         * Delete a license that nobody holds a seat of
         * @description Who may: operators with `account-settings/licenses:delete`.
         */
        delete: operations["licenses_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{accountId}/global-access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say whether an account reaches every account
         * @description Who may: `account-settings/account:view` in the account; operators in any account.
         */
        get: operations["licenses_global_access"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me/access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show who one is and where one may go
         * @description Who may: any signed-in user.
         */
        get: operations["me_access"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what one may do
         * @description Who may: any signed-in user.
         */
        get: operations["me_permissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the accounts that one belongs to with one's address
         * @description Who may: any signed-in user.
         */
        get: operations["me_accounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List one's sessions, the latest used first
         * @description Who may: any signed-in user.
         */
        get: operations["me_sessions"];
        put?: never;
        post?: never;
        /**
         * Sign out everywhere
         * @description Who may: any signed-in user.
         */
        delete: operations["me_end_all"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/me/sessions/{sessionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of one's sessions
         * @description Who may: any signed-in user.
         */
        delete: operations["me_end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for another e-mail address: a code goes to it
         * @description Who may: any signed-in user.
         */
        post: operations["me_begin_email_change"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/email/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take the new e-mail address, by the code that was sent to it
         * @description Who may: any signed-in user.
         */
        post: operations["me_confirm_email"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the metrics of the process that answers
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["metrics_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/outbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the mails that were sent, the latest first
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["outbox_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List products, with their services, by name
         * @description Who may: any signed-in user.
         */
        get: operations["products_list"];
        put?: never;
        /**
         * Create a product
         * @description Who may: operators with `account-settings/enterprises:create`.
         */
        post: operations["products_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/products/{productId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a product with its services
         * @description Who may: any signed-in user.
         */
        get: operations["products_read"];
        /**
         * Update a product; the services given replace its links
         * @description Who may: operators with `account-settings/enterprises:edit`.
         */
        put: operations["products_update"];
        post?: never;
        /**
         * Delete a product and its links
         * @description Who may: operators with `account-settings/enterprises:delete`.
         */
        delete: operations["products_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/provisioning/{accountId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how far an account's onboarding or removal is
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["provisioning_status"];
        put?: never;
        post?: never;
        /**
         * Deprovision an account
         * @description Who may: operators with `overview/accounts:delete`.
         */
        delete: operations["provisioning_deprovision"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/provisioning/{accountId}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow an account's onboarding or removal
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["provisioning_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/provisioning": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redrive an account's failed onboarding or removal
         * @description Who may: operators with `overview/provisioning:create`.
         */
        post: operations["provisioning_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/provisioning/{accountId}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo what an account's failed onboarding has done
         * @description Who may: operators with `overview/provisioning:edit`.
         */
        post: operations["provisioning_undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/executions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List runs of workflows, the latest first
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["provisioning_executions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/executions/{executionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a run of a workflow
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["provisioning_execution"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List dead letters, the latest first
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["provisioning_dead_letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/{deadLetterId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a dead letter
         * @description Who may: operators with `overview/provisioning:view`.
         */
        get: operations["provisioning_dead_letter"];
        put?: never;
        post?: never;
        /**
         * Discard a dead letter
         * @description Who may: operators with `overview/provisioning:edit`.
         */
        delete: operations["provisioning_discard"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/{deadLetterId}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a dead letter's step again
         * @description Who may: operators with `overview/provisioning:edit`.
         */
        post: operations["provisioning_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List roles
         * @description Who may: `access-control/roles:view` in the account; operators in any account.
         */
        get: operations["roles_list"];
        put?: never;
        /**
         * Create a role
         * @description Who may: `access-control/roles:create` in the account; operators in any account.
         */
        post: operations["roles_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/role-presets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what new roles can start with
         * @description Who may: any signed-in user.
         */
        get: operations["roles_presets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/roles/{roleId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a role
         * @description Who may: `access-control/roles:view` in the account; operators in any account.
         */
        get: operations["roles_read"];
        /**
         * Update a role
         * @description Who may: `access-control/roles:edit` in the account; operators in any account.
         */
        put: operations["roles_update"];
        post?: never;
        /**
         * Delete a role, and take it from its groups
         * @description Who may: `access-control/roles:delete` in the account; operators in any account.
         */
        delete: operations["roles_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/roles/{roleId}/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what a role permits
         * @description Who may: `access-control/roles:view` in the account; operators in any account.
         */
        get: operations["roles_permissions"];
        /**
         * Replace what a role permits
         * @description Who may: `access-control/roles:edit` in the account; operators in any account.
         */
        put: operations["roles_set_permissions"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search records of every kind by name, e-mail address or id
         * @description Who may: any signed-in user.
         */
        get: operations["search_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services by name
         * @description Who may: any signed-in user.
         */
        get: operations["services_list"];
        put?: never;
        /**
         * Create a service
         * @description Who may: operators with `account-settings/enterprises:create`.
         */
        post: operations["services_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/services/{serviceId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a service
         * @description Who may: any signed-in user.
         */
        get: operations["services_read"];
        /**
         * Update a service
         * @description Who may: operators with `account-settings/enterprises:edit`.
         */
        put: operations["services_update"];
        post?: never;
        /**
         * Delete a service and its links
         * @description Who may: operators with `account-settings/enterprises:delete`.
         */
        delete: operations["services_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List users
         * @description Who may: `access-control/users:view` in the account; operators in any account.
         */
        get: operations["users_list"];
        put?: never;
        /**
         * Create a user, on a seat of a license
         * @description Who may: `access-control/users:create` in the account; operators in any account.
         */
        post: operations["users_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/provision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a user with an identity, and send the invitation
         * @description Who may: `access-control/users:create` in the account; operators in any account.
         */
        post: operations["users_provision"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a user
         * @description Who may: `access-control/users:view` in the account; operators in any account.
         */
        get: operations["users_read"];
        /**
         * Update a user
         * @description Who may: `access-control/users:edit` in the account; operators in any account.
         */
        put: operations["users_update"];
        post?: never;
        /**
         * Delete a user; the seat is free
         * @description Who may: `access-control/users:delete` in the account; operators in any account.
         */
        delete: operations["users_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{userId}/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a user a new invitation; the one before is void
         * @description Who may: `access-control/users:edit` in the account; operators in any account.
         */
        post: operations["users_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{userId}/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what a user may do
         * @description Who may: `access-control/users:view` in the account; operators in any account.
         */
        get: operations["users_permissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{userId}/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the groups that a user is in
         * @description Who may: `access-control/users:view` in the account; operators in any account.
         */
        get: operations["users_groups"];
        /**
         * Replace the groups that a user is in
         * @description Who may: `access-control/users:edit` in the account; operators in any account.
         */
        put: operations["users_set_groups"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{userId}/workstreams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the workstreams that a user is in
         * @description Who may: `access-control/users:view` in the account; operators in any account.
         */
        get: operations["users_workstreams"];
        /**
         * Replace the workstreams that a user is in
         * @description Who may: `access-control/users:edit` in the account; operators in any account.
         */
        put: operations["users_set_workstreams"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workstreams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List workstreams
         * @description Who may: `account-settings/workstreams:view` in the account; operators in any account.
         */
        get: operations["workstreams_list"];
        put?: never;
        /**
         * Create a workstream
         * @description Who may: `account-settings/workstreams:create` in the account; operators in any account.
         */
        post: operations["workstreams_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workstreams/ensure-default": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show the Default workstream; make it if need be
         * @description Who may: `account-settings/workstreams:create` in the account; operators in any account.
         */
        post: operations["workstreams_ensure_default"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workstreams/{workstreamId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a workstream
         * @description Who may: `account-settings/workstreams:view` in the account; operators in any account.
         */
        get: operations["workstreams_read"];
        /**
         * Update a workstream: its name, description or tools
         * @description Who may: `account-settings/workstreams:edit` in the account; operators in any account.
         */
        put: operations["workstreams_update"];
        post?: never;
        /**
         * Delete a workstream and take everybody out of it
         * @description Who may: `account-settings/workstreams:delete` in the account; operators in any account.
         */
        delete: operations["workstreams_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A problem as it is sent. */
        Problem: {
            /** @description Where this kind of problem is explained. */
            type: string;
            title: string;
            /** Format: uint16 */
            status: number;
            detail: string;
            code: components["schemas"]["Code"];
            requestId: string;
            errors?: components["schemas"]["FieldError"][];
            /**
             * @description Why a known caller may not act: `user_inactive`, `user_not_started`, `user_ended`, `user_gone`, `license_ended` or
             *     `account_not_active`.
             */
            reason?: string | null;
            /** @description Of `still_assigned`: how many users and groups had it when this was answered. Counting ends at 10,000. */
            affected?: components["schemas"]["Affected"] | null;
            /** Format: uint64 */
            retryAfter?: number | null;
            help?: string | null;
        };
        /**
         * @description What went wrong, as a stable word with its HTTP status.
         *
         *     `invalid_request`: A field is unknown, absent, of the wrong type or out of its bounds; `errors` names it.
         *
         *     `account_mismatch`: The request names two different accounts.
         *
         *     `unauthenticated`: No token, or one that is broken, expired or revoked.
         *
         *     `invalid_credentials`: The e-mail address or the password is wrong.
         *
         *     `forbidden`: The policy does not permit it.
         *
         *     `license_limit_exceeded`: Every seat of the license is taken.
         *
         *     `no_active_license`: The account has no license in force for this enterprise, product and service.
         *
         *     `setup_token_invalid`: The set-up token is absent or wrong.
         *
         *     `not_found`: There is no such thing, or it is not the caller's.
         *
         *     `request_timeout`: The request body took too long to come.
         *
         *     `conflict`: The state of the thing does not allow it.
         *
         *     `in_use`: Something else still needs it.
         *
         *     `still_assigned`: Users or groups still have it: `affected` has the numbers. `confirm=in-use` deletes it all the same.
         *
         *     `own_administration`: The caller would lose their own right to administer users. `confirm=own-administration` does it all the same.
         *
         *     `seats_in_use`: More seats are taken than would be left, or dates exclude those who hold them.
         *
         *     `protected`: The platform can't do without it.
         *
         *     `precondition_failed`: The record changed since it was read.
         *
         *     `idempotency_key_reused`: The idempotency key came before, with another request.
         *
         *     `unavailable`: A passing fault: try again.
         *
         *     `storage_full`: No room is left to write. Nothing was changed.
         * @enum {string}
         */
        Code: "method_not_allowed" | "name_taken" | "email_taken" | "already_bootstrapped" | "body_too_large" | "unsupported_media_type" | "too_many_requests" | "internal" | "invalid_request" | "account_mismatch" | "unauthenticated" | "invalid_credentials" | "forbidden" | "license_limit_exceeded" | "no_active_license" | "setup_token_invalid" | "not_found" | "request_timeout" | "conflict" | "in_use" | "still_assigned" | "own_administration" | "seats_in_use" | "protected" | "precondition_failed" | "idempotency_key_reused" | "unavailable" | "storage_full";
        /** @description One field that is not as it must be. */
        FieldError: {
            /** @description JSON pointer into the body, or `/name` of a parameter. */
            pointer: string;
            message: string;
        };
        /** @description How many users and groups a deletion takes something from. */
        Affected: {
            /** Format: uint64 */
            users: number;
            /** Format: uint64 */
            groups: number;
        };
        /**
         * @description `provisioning`: Onboarding runs.
         *
         *     `failed`: Onboarding failed: redrive it, or deprovision the account.
         *
         *     `disabled`: Waits for its removal, and can still be restored.
         *
         *     `deleted`: Gone; the receipt is kept.
         * @enum {string}
         */
        AccountStatus: "active" | "deprovisioning" | "provisioning" | "failed" | "disabled" | "deleted";
        /**
         * @description The location of an account's data.
         *
         *     `public`: In the shared table.
         *
         *     `private`: In a table of its own, directory copies included.
         *
         *     `hybrid`: Directory data in the shared table, workload data in a table of its own.
         * @enum {string}
         */
        CloudType: "public" | "private" | "hybrid";
        AccountPage: {
            items: components["schemas"]["Account"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A tenant. */
        Account: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
            /** Format: line */
            masterAccountName: string;
            cloudType: components["schemas"]["CloudType"];
            status: components["schemas"]["AccountStatus"];
            /** @description Active, but something that does not block is missing; `degradedReasons` says what. */
            degraded: boolean;
            degradedReasons?: string[];
            address: components["schemas"]["Address"];
            /**
             * Format: uuid
             * @description The first administrator-side user, made by onboarding.
             */
            technicalUserId?: string | null;
            /**
             * Format: uuid
             * @description The connection to the AWS account that contains this account's own table.
             */
            connectionId?: string | null;
            provisioning?: components["schemas"]["ProvisioningRef"] | null;
            /**
             * Format: date-time
             * @description When the removal of a disabled account begins.
             */
            deletesAt?: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /** @description A postal address. */
        Address: {
            /** Format: line */
            line1: string;
            /**
             * Format: line
             * @default null
             */
            line2?: string | null;
            /** Format: line */
            city: string;
            /**
             * Format: line
             * @default null
             */
            state?: string | null;
            /** Format: line */
            postalCode: string;
            /** @description ISO 3166-1 alpha-2, such as `US`. */
            country: string;
        };
        /** @description The run that set the account up, or takes it down. */
        ProvisioningRef: {
            /** Format: uuid */
            executionId: string;
            status: components["schemas"]["RunStatus"];
        };
        /** @enum {string} */
        RunStatus: "running" | "succeeded" | "failed";
        /** @description An account as it is asked for. */
        NewAccount: {
            /** Format: line */
            name: string;
            /** Format: line */
            masterAccountName: string;
            cloudType: components["schemas"]["CloudType"];
            address: components["schemas"]["Address"];
            technicalUser: components["schemas"]["NewTechnicalUser"];
            /** @description A user who can do everything that the account allows, and invite others. */
            administrator?: components["schemas"]["NewAdministrator"] | null;
            /** @description What the account is licensed for. The technical user takes a seat of the first, and so does the administrator. */
            licenses: components["schemas"]["NewAccountLicense"][];
            /**
             * Format: uuid
             * @description A verified connection: the account's own table is in that AWS account.
             */
            connectionId?: string | null;
        };
        /** @description The first administrator-side user of the account. */
        NewTechnicalUser: {
            /** Format: line */
            firstName: string;
            /** Format: line */
            lastName: string;
            /** Format: idn-email */
            email: string;
            /** Format: date */
            startDate: string;
            /**
             * Format: date
             * @default null
             */
            endDate?: string | null;
        };
        /** @description The account's first administrator. Onboarding makes the role "Account administrator" and its group. */
        NewAdministrator: {
            /** Format: line */
            firstName: string;
            /** Format: line */
            lastName: string;
            /** Format: idn-email */
            email: string;
        };
        /** @description A license of the new account. */
        NewAccountLicense: {
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId: string;
            /** Format: uuid */
            serviceId: string;
            /** Format: date */
            startDate: string;
            /** Format: date */
            endDate: string;
            numberOfUsers: number;
            /** @default null */
            contact?: components["schemas"]["Contact"] | null;
            /**
             * @default {
             *       "enabled": false,
             *       "noticeDays": 30
             *     }
             */
            renewalNotification?: components["schemas"]["RenewalNotification"];
            /**
             * @description Days for which its users may act after the last day. Left out, as the platform's setting says.
             * @default null
             */
            graceDays?: number | null;
        };
        /** @description The person to ask about a license. */
        Contact: {
            /** Format: line */
            name: string;
            /** Format: idn-email */
            email: string;
            /**
             * Format: line
             * @default null
             */
            phone?: string | null;
        };
        /** @description Whether, and how long before the end, the contact is reminded of the renewal. */
        RenewalNotification: {
            enabled: boolean;
            /** @default 30 */
            noticeDays?: number;
        };
        AccountUpdate: {
            /**
             * Format: line
             * @default null
             */
            name?: string | null;
            /**
             * Format: line
             * @default null
             */
            masterAccountName?: string | null;
            /** @default null */
            address?: components["schemas"]["Address"] | null;
        };
        UserPage: {
            items: components["schemas"]["User"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A person of an account. */
        User: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId: string;
            /** Format: uuid */
            serviceId: string;
            /**
             * Format: uuid
             * @description The license whose seat the user holds, or held.
             */
            licenseId: string;
            /** Format: line */
            firstName: string;
            /** Format: line */
            lastName: string;
            /** Format: idn-email */
            email: string;
            status: components["schemas"]["UserStatus"];
            identityStatus: components["schemas"]["IdentityStatus"];
            /** @description The account's first administrator-side user, made by onboarding. */
            technical: boolean;
            /** Format: date */
            startDate: string;
            /**
             * Format: date
             * @description The last day on which the user may act; none: no end.
             */
            endDate?: string | null;
            /** @description Left out: the user has chosen a password, or none was sent. */
            invitation?: components["schemas"]["UserInvitation"] | null;
            /** @description Why mail does not reach the user. Left out: nothing was reported since the last invitation. */
            mailProblem?: components["schemas"]["MailProblem"] | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @description `active`: Holds a seat, and may act between the dates.
         *
         *     `inactive`: Holds no seat and may not act.
         *
         *     `ended`: The last day is over. Holds no seat and may not act.
         * @enum {string}
         */
        UserStatus: "active" | "inactive" | "ended";
        /**
         * @description Whether the person can sign in.
         *
         *     `none`: No identity was asked for.
         *
         *     `pending`: The identity is being made.
         *
         *     `invited`: The identity is there, the invitation is not accepted yet.
         *
         *     `confirmed`: The person has chosen a password.
         *
         *     `failed`: The identity could not be made; `provision` tries again.
         * @enum {string}
         */
        IdentityStatus: "none" | "pending" | "invited" | "confirmed" | "failed";
        /** @description The invitation that was sent to a user last. */
        UserInvitation: {
            state: components["schemas"]["InvitationState"];
            /** Format: date-time */
            sentAt: string;
            /**
             * Format: date-time
             * @description The link is good until then.
             */
            expiresAt: string;
            /**
             * Format: uuid
             * @description Who invited the user. Left out: the onboarding of the account.
             */
            invitedBy?: string | null;
        };
        /**
         * @description `sent`: The link can be used.
         *
         *     `expired`: The link was not used in time: the user needs another invitation.
         * @enum {string}
         */
        InvitationState: "sent" | "expired";
        /** @description Why mail does not reach a person, as the mail service reported it. */
        MailProblem: {
            kind: components["schemas"]["MailProblemKind"];
            /** Format: date-time */
            at: string;
        };
        /**
         * @description `bounced`: The recipient's mail server refused a mail for good.
         *
         *     `complained`: The recipient marked a mail as spam.
         *
         *     `suppressed`: The mail service sends nothing to the address, because of bounces or complaints before.
         * @enum {string}
         */
        MailProblemKind: "bounced" | "complained" | "suppressed";
        /** @description What was removed of an account: kept when it is gone. */
        Receipt: {
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            executionId: string;
            /** Format: date-time */
            finishedAt: string;
            /** @description How many records of each kind were removed. */
            removed: {
                [key: string]: number;
            };
            /** @description The dedicated table that was removed with all its records. */
            table?: string | null;
            /** @description What stays: the account's record, its audit log, its events and this receipt. */
            kept: string[];
        };
        /**
         * @description `descending`: The latest first.
         *
         *     `ascending`: In the order of the chain.
         * @enum {string}
         */
        Sort: "descending" | "ascending";
        AuditEntryPage: {
            items: components["schemas"]["AuditEntry"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description One entry of an account's audit log. */
        AuditEntry: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            accountId: string;
            /**
             * Format: uuid
             * @description The enterprise that it concerns; none: the account as a whole, or the platform.
             */
            enterpriseId?: string | null;
            /** Format: date-time */
            at: string;
            author: components["schemas"]["Author"];
            /** @description The operation, such as `user_create`. */
            action: string;
            target?: components["schemas"]["Target"] | null;
            /** @description The name that the target had. Left out: it has none, or an earlier version wrote the entry. */
            targetName?: string | null;
            /** @description The changed fields, before and after, and what lists gained and lost. A new record has its name alone. */
            changes?: components["schemas"]["FieldChange"][];
            /**
             * Format: uint64
             * @description The number of fields and list items that are left out of `changes` because they are too many.
             */
            omittedChanges?: number | null;
            /** @description The account or enterprise that a refused request named, where it is not the caller's own. The entry is in the caller's log. */
            named?: components["schemas"]["NamedTenant"] | null;
            /** @description Left out: it was done. */
            outcome?: components["schemas"]["Outcome"];
            /** @description Why it was refused or failed: the code of the problem. */
            reason?: string | null;
            /**
             * Format: uint64
             * @description The number of occurrences, if one entry represents several: refusals and failures within some minutes.
             */
            count?: number | null;
            /** @description The server's name for the request. */
            requestId?: string | null;
            /** @description The caller's name for the request (`X-Request-Id`). */
            clientRequestId?: string | null;
            /** @description Position in the account's chain, counted from 1; absent until the entry is sealed. */
            seal?: components["schemas"]["Seal"] | null;
        };
        /** @description Who did it. */
        Author: {
            /** @constant */
            kind: "user";
            /** Format: uuid */
            id: string;
            email: string;
            /** @description Acted by a platform role, possibly in somebody else's account. */
            operator: boolean;
        } | {
            /** @constant */
            kind: "workflow";
            name: string;
            /** Format: uuid */
            executionId: string;
            startedBy?: components["schemas"]["Starter"] | null;
        } | {
            /** @constant */
            kind: "system";
            name: string;
        } | {
            /** @constant */
            kind: "anonymous";
        };
        /** @description The person who started a workflow. */
        Starter: {
            /** Format: uuid */
            id: string;
            email: string;
            /** @description Acted by a platform role. */
            operator: boolean;
        };
        /** @description What it was done to. */
        Target: {
            kind: string;
            id: string;
        };
        /** @description A field of a record before and after the operation, or what a list gained and lost. */
        FieldChange: {
            /** @description The record that has the field, if it is not the target. */
            record?: components["schemas"]["Target"] | null;
            /** @description The name of the field. Names within it are separated by dots: `contact.email`, `permissions.pipelines.canView`. */
            field: string;
            /** @description Left out: it had no value. */
            before?: string | number | boolean | null;
            /** @description Left out: it has no value. */
            after?: string | number | boolean | null;
            /** @description What the list gained. */
            added?: components["schemas"]["ListItem"][];
            /** @description What the list lost. */
            removed?: components["schemas"]["ListItem"][];
            /** @description The field holds a secret: it changed, and its values are not recorded. */
            secret?: boolean;
            /** @description A value has more than 200 characters, and was cut after them. */
            shortened?: boolean;
        };
        /** @description A record or a word in a list. */
        ListItem: {
            /** @description The id of the record, or the word. */
            id: string;
            /** @description The name that the record had. */
            name?: string | null;
        };
        /** @description The account or enterprise that a refused request named, where it is not the caller's own. */
        NamedTenant: {
            /** Format: uuid */
            accountId?: string | null;
            /** Format: uuid */
            enterpriseId?: string | null;
        };
        /**
         * @description How it ended.
         *
         *     `done`: It was done.
         *
         *     `refused`: It was not permitted.
         *
         *     `failed`: The proof of who asked was wrong: a password, a code.
         * @enum {string}
         */
        Outcome: "done" | "refused" | "failed";
        /** @description The link that an entry is in the chain. */
        Seal: {
            /** Format: uint64 */
            sequence: number;
            /** @description SHA-256 (hex) of the entry before; 64 zeros for the first. */
            previous: string;
            /** @description SHA-256 (hex) over `previous`, the sequence and the entry without its seal. */
            hash: string;
            /** @description The form in which the entry is hashed. Left out: members in the order of the API's document. */
            form?: components["schemas"]["SealForm"] | null;
        };
        /**
         * @description The form in which an entry is hashed.
         *
         *     `jcs`: Canonical JSON, RFC 8785.
         * @enum {string}
         */
        SealForm: "jcs";
        /** @description The result of a check of a chain. */
        ChainReport: {
            /** Format: uuid */
            accountId: string;
            valid: boolean;
            /**
             * Format: uint64
             * @description How many sealed entries the valid part of the chain has.
             */
            entries: number;
            /**
             * Format: uint64
             * @description The check began after this entry: an earlier check found the entries up to it valid, and its signed checkpoint
             *     holds their last hash. 0: every entry was read.
             * @default 0
             */
            checkedFrom?: number;
            /** @description The first entry that differs from what was written, and how. */
            broken?: string | null;
        };
        /** @description A signed statement about the chain of an account. */
        Checkpoint: {
            /** Format: uuid */
            accountId: string;
            /**
             * Format: uint64
             * @description Every entry up to this one was checked.
             */
            sequence: number;
            /** @description The hash of the entry with this sequence number; 64 zeros if there is none. */
            hash: string;
            /** Format: date-time */
            at: string;
            /** @description The key that signed it, by its `kid` in `/.well-known/audit-keys.json`. */
            keyId: string;
            /** @description Ed25519 over the canonical JSON of the other members, base64url without padding. */
            signature: string;
        };
        Login: {
            email: string;
            /** Format: password */
            password: string;
            /**
             * Format: uuid
             * @description Which account to sign in to, where the address belongs to several. Without it the answer lists them.
             * @default null
             */
            accountId?: string | null;
            grant?: components["schemas"]["Grant"];
        };
        /**
         * @description How the refresh token reaches the caller.
         *
         *     `token`: In the body.
         *
         *     `cookie`: In a cookie that no script can read.
         * @enum {string}
         */
        Grant: "token" | "cookie";
        /** @description The answer to a sign-in: tokens, a challenge, or the accounts to choose from. */
        SignInAnswer: components["schemas"]["Tokens"] | components["schemas"]["AccountChoice"] | components["schemas"]["SignInChallenge"];
        Tokens: {
            accessToken: string;
            idToken: string;
            /** @description There if the caller asked for it by `"grant": "token"`. */
            refreshToken?: string | null;
            tokenType: components["schemas"]["TokenType"];
            /**
             * Format: int64
             * @description Seconds until the access token expires.
             */
            expiresIn: number;
        };
        /** @enum {string} */
        TokenType: "Bearer";
        /** @description The person belongs to several accounts. Sign in again with the `accountId` of one of them. */
        AccountChoice: {
            challenge: components["schemas"]["SelectAccount"];
            accounts: components["schemas"]["MembershipView"][];
        };
        /** @enum {string} */
        SelectAccount: "SELECT_ACCOUNT";
        /** @description An account that the person belongs to with their address. */
        MembershipView: {
            /** Format: uuid */
            accountId: string;
            /** Format: line */
            accountName: string;
            /** @description The account of the session that asks; absent before there is one. */
            current?: boolean | null;
        };
        SignInChallenge: {
            challenge: components["schemas"]["Challenge"];
            /** @description Names the challenge in the answer to it; good once, for five minutes. */
            session: string;
            /** @description What the answer must carry beside the new password. */
            requires?: components["schemas"]["Requirement"][];
        };
        /** @enum {string} */
        Challenge: "NEW_PASSWORD_REQUIRED";
        /**
         * @description Something that the response to a challenge must carry.
         *
         *     `newEmail`: A real address, in place of the default administrator's.
         * @enum {string}
         */
        Requirement: "newEmail";
        ChallengeAnswer: {
            challenge: components["schemas"]["Challenge"];
            session: string;
            /** Format: password */
            newPassword: string;
            /**
             * Format: idn-email
             * @description Required where the challenge says `"requires": ["newEmail"]`: the address to sign in with from now on.
             * @default null
             */
            newEmail?: string | null;
            grant?: components["schemas"]["Grant"];
        };
        Refresh: {
            /** @description Left out: the one in the cookie. */
            refreshToken?: string | null;
            /**
             * Format: uuid
             * @description Another account of the same person to sign in to: the session of the refresh token ends, and one in that account begins.
             * @default null
             */
            accountId?: string | null;
        };
        Logout: {
            /** @description Beside the access token and the cookie of the request, if there are any. */
            refreshToken?: string | null;
        };
        Forgot: {
            email: string;
        };
        /** @description What is said whether or not a mail was sent. */
        Sent: {
            detail: string;
        };
        Reset: {
            /** @description With the code. */
            email?: string | null;
            /** @description The six digits of the mail, together with the address; or else the token. */
            code?: string | null;
            /** @description The token after `#token=` in the mailed link. */
            token?: string | null;
            /** Format: password */
            newPassword: string;
        };
        Change: {
            /** Format: password */
            oldPassword: string;
            /** Format: password */
            newPassword: string;
        };
        Acceptance: {
            token: string;
            /** Format: password */
            newPassword: string;
        };
        NewPlatform: {
            /** @description Printed by the server at its first start, or taken from its configuration. */
            setupToken?: string | null;
            /**
             * Format: idn-email
             * @description The first administrator's address; left out, `admin@adminplatform.com`, to which no mail goes: the first sign-in
             *     then asks for a real address.
             * @default null
             */
            adminEmail?: string | null;
            /** @description The initial password; left out, one is generated and answered once. The first sign-in asks for another. */
            adminPassword?: string | null;
        };
        /** @description The platform as it was set up. */
        Platform: {
            steps: components["schemas"]["StepDone"][];
            /** Format: idn-email */
            adminEmail: string;
            /** @description The generated password, shown this once. */
            initialPassword?: string | null;
        };
        /** @description A step that a run went through. */
        StepDone: {
            /**
             * Format: uint8
             * @description 1 to 14.
             */
            step: number;
            name: string;
            /** @description It made something; otherwise everything was there. */
            made: boolean;
        };
        ConnectionPage: {
            items: components["schemas"]["Connection"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description What lets one account of the platform have its table in another account of AWS. */
        Connection: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
            region: string;
            status: components["schemas"]["ConnectionStatus"];
            /**
             * Format: uuid
             * @description The account that can be taken on by it: its id is known before the account is there, for the stack to name it.
             */
            accountId: string;
            /** @description The platform's word for this connection: the role asks for it. */
            externalId: string;
            roleArn?: string | null;
            /**
             * Format: date-time
             * @description When the role was looked at last, by a verification.
             */
            checkedAt?: string | null;
            /** @description What the last verification found wrong. */
            failure?: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @description `pending`: Waits for its owner's stack, and for the role to be verified.
         *
         *     `verified`: The role opens as it must; an account can be taken on by it.
         *
         *     `used`: An account has been taken on by it.
         * @enum {string}
         */
        ConnectionStatus: "pending" | "verified" | "used";
        NewConnection: {
            /** Format: line */
            name: string;
            /** @description Where the table is to be, such as `eu-central-1`. */
            region: string;
        };
        /** @description A stack of CloudFormation, for the owner of the other account to make there. */
        OwnersStack: {
            stackName: string;
            region: string;
            parameters: components["schemas"]["StackParameter"][];
            /** @description YAML. */
            template: string;
            /** @description Creates the stack; expects the template in a file of this name. */
            command: string;
        };
        StackParameter: {
            name: string;
            value: string;
        };
        Verification: {
            /** @description The output `RoleArn` of the stack. */
            roleArn: string;
        };
        EnterpriseViewPage: {
            items: components["schemas"]["EnterpriseView"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description An enterprise as the API shows it: with its products and their services. */
        EnterpriseView: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
            /** Format: line */
            description?: string | null;
            /** @description The products it is linked to. */
            productIds: string[];
            /** @description Made by the platform: it can't be changed or deleted. */
            builtIn: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description The products it is linked to, with their services. */
            products: components["schemas"]["LinkedProduct"][];
        };
        LinkedProduct: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
            services: {
                /** Format: uuid */
                id: string;
                /** Format: line */
                name: string;
            }[];
        };
        NewEnterprise: {
            /** Format: line */
            name: string;
            /**
             * Format: line
             * @default null
             */
            description?: string | null;
            /** @description The products that the enterprise is linked to. */
            productIds?: string[];
        };
        EnterpriseUpdate: {
            /**
             * Format: line
             * @default null
             */
            name?: string | null;
            /** Format: line */
            description?: string | null;
            /** @description The products that the enterprise is linked to from now on. A link that a license uses can't be removed. */
            productIds?: string[] | null;
        };
        EventPage: {
            items: components["schemas"]["Event"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description Something that happened to an account. Delivered at least once; the id tells repeats apart. */
        Event: {
            /** Format: uuid */
            id: string;
            /** @description What happened, such as `account.provisioning.started`. */
            type: string;
            /** Format: uuid */
            accountId: string;
            /** Format: date-time */
            at: string;
            /** @description References to what it concerns; never a secret. */
            detail: unknown;
        };
        GroupPage: {
            items: components["schemas"]["Group"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A group of users of one enterprise of an account; its members have its roles. */
        Group: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: line */
            name: string;
            /** Format: line */
            description?: string | null;
            /** @description Made by the platform: it can't be renamed or deleted. */
            builtIn: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        NewGroup: {
            /** Format: uuid */
            accountId?: string | null;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: line */
            name: string;
            /**
             * Format: line
             * @default null
             */
            description?: string | null;
            /** @default [] */
            roleIds?: string[];
        };
        GroupUpdate: {
            /** Format: uuid */
            accountId?: string | null;
            /**
             * Format: line
             * @default null
             */
            name?: string | null;
            /** Format: line */
            description?: string | null;
            /** @default null */
            roleIds?: string[] | null;
        };
        RolePage: {
            items: components["schemas"]["Role"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A named set of permissions. */
        Role: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId?: string | null;
            /** Format: uuid */
            serviceId?: string | null;
            /** Format: line */
            name: string;
            /** Format: line */
            description?: string | null;
            kind: components["schemas"]["RoleKind"];
            /** @description The 15-bit scope mask: bit 0 is account/visible, bit 14 workstream/delete. Permissions count within it. */
            mask: number;
            /** @description Made by the platform: it can't be renamed or deleted. */
            builtIn: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @description Whether a role makes its holder an operator of the platform.
         *
         *     `tenant`: Works inside its own account.
         *
         *     `platform`: Works in every account. Held by users of the platform account alone; never made through the API.
         * @enum {string}
         */
        RoleKind: "tenant" | "platform";
        GroupRolesUpdate: {
            roleIds: string[];
        };
        ScheduledJobPage: {
            items: components["schemas"]["ScheduledJob"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A job that runs by the clock, in one process at a time. */
        ScheduledJob: {
            name: string;
            summary: string;
            /**
             * Format: int64
             * @description The time from the start of a run to the start of the next.
             */
            everySeconds: number;
            /** Format: date-time */
            nextRunAt: string;
            /**
             * Format: uint64
             * @description The number of runs that were started.
             */
            runs: number;
            /**
             * Format: uint32
             * @description Runs since the last that succeeded.
             */
            consecutiveFailures: number;
            /** @description The run in progress. */
            running?: components["schemas"]["JobLease"] | null;
            lastRun?: components["schemas"]["FinishedRun"] | null;
        };
        /** @description The run in progress. */
        JobLease: {
            /** @description The process that runs the job. */
            process: string;
            /** Format: date-time */
            startedAt: string;
            /**
             * Format: date-time
             * @description Another process takes the job over then, unless the lease is renewed.
             */
            expiresAt: string;
        };
        /** @description A run that has ended. */
        FinishedRun: {
            process: string;
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            finishedAt: string;
            /** Format: uint64 */
            durationMilliseconds: number;
            outcome: components["schemas"]["JobOutcome"];
            error?: string | null;
            /**
             * @description What the run did, by name.
             * @default {}
             */
            counts?: {
                [key: string]: number;
            };
        };
        /**
         * @description How a run ended.
         *
         *     `abandoned`: Its process stopped or lost its lease before the run ended.
         * @enum {string}
         */
        JobOutcome: "succeeded" | "failed" | "abandoned";
        /**
         * @description The status of a license on a day.
         *
         *     `future`: Its first day is still to come.
         * @enum {string}
         */
        LicenseStatus: "active" | "expired" | "future";
        LicenseViewPage: {
            items: components["schemas"]["LicenseView"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A license as the API shows it, with its status of today. */
        LicenseView: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId: string;
            /** Format: uuid */
            serviceId: string;
            /** Format: date */
            startDate: string;
            /**
             * Format: date
             * @description The last day on which the license is in force.
             */
            endDate: string;
            numberOfUsers: number;
            contact?: components["schemas"]["Contact"] | null;
            renewalNotification: components["schemas"]["RenewalNotification"];
            /**
             * @description For how many days after the last day its users may act if nothing follows; none: as the platform's setting says.
             * @default null
             */
            graceDays?: number | null;
            /** @description Made by the platform: it can't be deleted. */
            builtIn: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description By its dates, today. */
            status: components["schemas"]["LicenseStatus"];
            /**
             * Format: date
             * @description The last day on which its users may act if nothing follows it.
             */
            graceEndsOn: string;
        };
        NewLicense: {
            /**
             * Format: uuid
             * @description Left out, the platform account.
             */
            accountId?: string | null;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId: string;
            /** Format: uuid */
            serviceId: string;
            /** Format: date */
            startDate: string;
            /**
             * Format: date
             * @description The last day on which the license is in force.
             */
            endDate: string;
            numberOfUsers: number;
            /** @default null */
            contact?: components["schemas"]["Contact"] | null;
            /**
             * @description Left out, nobody is reminded.
             * @default null
             */
            renewalNotification?: components["schemas"]["RenewalNotification"] | null;
            /**
             * @description Days for which its users may act after the last day. Left out, as the platform's setting says.
             * @default null
             */
            graceDays?: number | null;
        };
        /** @description The seats of an account today, and what becomes of them. */
        Capacity: {
            /** Format: uuid */
            accountId: string;
            /**
             * Format: uint64
             * @description Of the licenses in force.
             */
            totalSeats: number;
            /**
             * Format: uint64
             * @description Users who hold a seat.
             */
            usedSeats: number;
            /** Format: uint64 */
            availableSeats: number;
            /** @description The licenses in force. Those of one enterprise, product and service fill one after the other. */
            licenses: components["schemas"]["LicenseCapacity"][];
            /** @description Of the licenses in force, those that end within 30 days. */
            ending: components["schemas"]["LicensePeriod"][];
            /** @description Licenses that have ended, and whose grace period has not. */
            ended: components["schemas"]["LicensePeriod"][];
            /** @description Licenses that are still to begin. */
            future: components["schemas"]["LicensePeriod"][];
            /** @description The seats of each enterprise, product and service. */
            triples: components["schemas"]["TripleCapacity"][];
        };
        LicenseCapacity: {
            /** Format: uuid */
            licenseId: string;
            /** Format: uint32 */
            seats: number;
            /** Format: uint32 */
            used: number;
            /** Format: uint32 */
            available: number;
        };
        LicensePeriod: {
            /** Format: uuid */
            licenseId: string;
            /** Format: date */
            startDate: string;
            /** Format: date */
            endDate: string;
            /**
             * Format: date
             * @description The last day of its grace period.
             */
            graceEndsOn: string;
            /** Format: uint32 */
            seats: number;
        };
        /** @description The seats that the licenses of one enterprise, product and service give together. */
        TripleCapacity: {
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId: string;
            /** Format: uuid */
            serviceId: string;
            /** Format: uint32 */
            seats: number;
            /**
             * Format: uint32
             * @description Users who hold a seat. When a license ends they keep it, and sit on the one that follows.
             */
            used: number;
            /** Format: uint32 */
            available: number;
            /** @description Null: there are seats enough today. */
            overCapacity?: components["schemas"]["OverCapacity"] | null;
            /**
             * Format: date
             * @description The first day on which the licenses known today give fewer seats than are used.
             */
            fallsShortOn?: string | null;
        };
        /** @description More users hold a seat than the licenses in force give. Nobody gets a new one. */
        OverCapacity: {
            /**
             * Format: uint32
             * @description So many seats are missing.
             */
            by: number;
            /**
             * Format: date
             * @description The first day without grace: from then on users are refused with `license_ended`, the least recently active first.
             */
            refusedFrom?: string | null;
            /**
             * Format: uint32
             * @description So many users are refused today.
             */
            refused: number;
        };
        /** @description What the licenses in force open. */
        LicensedEntities: {
            /** Format: uuid */
            accountId: string;
            /** @description By name, each once. */
            products: {
                /** Format: uuid */
                id: string;
                /** Format: line */
                name: string;
            }[];
            /** @description By name, each once. */
            services: {
                /** Format: uuid */
                id: string;
                /** Format: line */
                name: string;
            }[];
            /** @description Which of them go together. */
            licenses: components["schemas"]["LicensedTriple"][];
        };
        LicensedTriple: {
            /** Format: uuid */
            licenseId: string;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId: string;
            /** Format: uuid */
            serviceId: string;
        };
        /** @description What a round of reminders did. */
        Reminded: {
            /**
             * Format: uint32
             * @description Licenses whose notice period has begun.
             */
            due: number;
            /** Format: uint32 */
            sent: number;
            /**
             * Format: uint32
             * @description The contact was reminded of this last day before.
             */
            alreadySent: number;
            /** Format: uint32 */
            withoutContact: number;
            /**
             * Format: uint32
             * @description Another license of the account follows without a gap.
             */
            renewed: number;
            /**
             * Format: uint32
             * @description The account is not active, for example because it is being removed.
             */
            accountInactive: number;
            failed: components["schemas"]["FailedReminder"][];
        };
        FailedReminder: {
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            licenseId: string;
            reason: string;
        };
        LicenseUpdate: {
            /** Format: uuid */
            accountId?: string | null;
            /**
             * Format: date
             * @default null
             */
            startDate?: string | null;
            /**
             * Format: date
             * @default null
             */
            endDate?: string | null;
            /** @default null */
            numberOfUsers?: number | null;
            /**
             * @description Also where the licenses then give fewer seats than users hold. Nobody gets a new seat, and when the grace period is over,
             *     the least recently active users are refused.
             * @default false
             */
            overCapacity?: boolean;
            contact?: components["schemas"]["Contact"] | null;
            /** @default null */
            renewalNotification?: components["schemas"]["RenewalNotification"] | null;
            /** @description Null: as the platform's setting says. */
            graceDays?: number | null;
        };
        /** @description Whether an account's people work in every account. */
        GlobalAccess: {
            /** Format: uuid */
            accountId: string;
            globalAccess: boolean;
        };
        /** @description Where somebody may go. */
        Reach: {
            user: components["schemas"]["User"];
            /** @description The accounts that can be chosen; an operator finds the others with GET /api/accounts. */
            accounts: components["schemas"]["AccountReach"][];
            /** Format: uuid */
            defaultAccountId: string;
            /** Format: uuid */
            defaultEnterpriseId: string;
            /** @description Works in every account. */
            operator: boolean;
        };
        AccountReach: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
            cloudType: components["schemas"]["CloudType"];
            enterprises: components["schemas"]["EnterpriseReach"][];
        };
        EnterpriseReach: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
        };
        /** @description Everything that somebody may do. */
        Permissions: {
            /** @description The union of the roles' scope masks. */
            mask: number;
            /** @description All seven menus. */
            menus: components["schemas"]["MenuPermission"][];
            roles: components["schemas"]["RoleName"][];
            groups: components["schemas"]["GroupName"][];
        };
        /** @description What a role gives on one menu, and on those of its tabs that differ from the menu. */
        MenuPermission: {
            menu: components["schemas"]["Menu"];
            isVisible: boolean;
            canView: boolean;
            canCreate: boolean;
            canEdit: boolean;
            canDelete: boolean;
            /**
             * @description Tabs left out have the flags of the menu; `account-audit` has them only if the menu gives all five.
             * @default []
             */
            tabs?: components["schemas"]["TabPermission"][];
        };
        /**
         * @description One of the seven menus.
         * @enum {string}
         */
        Menu: "dashboard" | "overview" | "account-settings" | "access-control" | "security" | "pipelines" | "builds";
        /** @description What a role gives on one tab. */
        TabPermission: {
            /**
             * @description One of the menu's tabs.
             * @enum {string}
             */
            tab: "summary" | "accounts" | "provisioning" | "audit" | "account-audit" | "account" | "enterprises" | "licenses" | "workstreams" | "users" | "groups" | "roles" | "credentials" | "connectors" | "connections" | "sso" | "pipelines" | "builds" | "agents" | "infrastructure" | "applications";
            isVisible: boolean;
            canView: boolean;
            canCreate: boolean;
            canEdit: boolean;
            canDelete: boolean;
        };
        RoleName: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
        };
        GroupName: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
        };
        MembershipViewPage: {
            items: components["schemas"]["MembershipView"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        SessionViewPage: {
            items: components["schemas"]["SessionView"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A session: somewhere one is signed in. */
        SessionView: {
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastUsedAt: string;
            /** @description The address that signed in. */
            ip: string;
            userAgent: string;
            /** @description The one that asks. */
            current: boolean;
        };
        NewAddress: {
            /** Format: idn-email */
            newEmail: string;
            /**
             * Format: password
             * @description The present password.
             */
            password: string;
        };
        /** @description Says the same whether or not the address can be had. */
        CodeSent: {
            detail: string;
        };
        AddressProof: {
            code: string;
        };
        /** @description The address with which one signs in. */
        AddressView: {
            /** Format: idn-email */
            email: string;
        };
        /** @description The metrics of one process. */
        Exposition: {
            /** @description In the OpenMetrics text format. */
            text: string;
        };
        OutboxMailPage: {
            items: components["schemas"]["OutboxMail"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A mail that was sent. */
        OutboxMail: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            accountId: string;
            kind: components["schemas"]["MailKind"];
            to: string;
            subject: string;
            /** @description The whole text, with its one-time link or code. */
            text: string;
            /** Format: date-time */
            at: string;
        };
        /**
         * @description `email-change`: The code that proves a new address.
         *
         *     `email-changed`: Tells the previous address that it was replaced.
         *
         *     `invitation-expired`: Tells who invited a person that the invitation expired.
         * @enum {string}
         */
        MailKind: "invitation" | "password-reset" | "license-reminder" | "email-change" | "email-changed" | "invitation-expired";
        ProductViewPage: {
            items: components["schemas"]["ProductView"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A product as the API shows it: with its services. */
        ProductView: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
            /** Format: line */
            description?: string | null;
            /** @description The services it is linked to. */
            serviceIds: string[];
            /** @description Made by the platform: it can't be changed or deleted. */
            builtIn: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description The services it is linked to. */
            services: {
                /** Format: uuid */
                id: string;
                /** Format: line */
                name: string;
            }[];
        };
        NewProduct: {
            /** Format: line */
            name: string;
            /**
             * Format: line
             * @default null
             */
            description?: string | null;
            /** @description The services that the product is linked to. */
            serviceIds?: string[];
        };
        ProductUpdate: {
            /**
             * Format: line
             * @default null
             */
            name?: string | null;
            /** Format: line */
            description?: string | null;
            /** @description The services that the product is linked to from now on. A link that a license uses can't be removed. */
            serviceIds?: string[] | null;
        };
        Progress: {
            /** Format: uuid */
            executionId: string;
            /** Format: uuid */
            accountId?: string | null;
            workflow: string;
            status: components["schemas"]["Status"];
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            finishedAt?: string | null;
            degraded?: string[];
            failure?: components["schemas"]["FailedAt"] | null;
            /**
             * Format: uint64
             * @description The number of the last event: where a stream of events goes on.
             */
            lastEvent: number;
            /** @description In the plan's order, those not yet begun included. */
            steps: components["schemas"]["StepProgress"][];
        };
        /**
         * @description The status of a run.
         * @enum {string}
         */
        Status: "running" | "succeeded" | "failed" | "undoing" | "undone" | "stuck";
        /** @description An error as the journal and its readers see it: a code to act on and a sentence. Never a secret. */
        FailedAt: {
            state: string;
            /** Format: uint32 */
            item?: number | null;
            code: string;
            message: string;
            /** @description What an operator can do about it, if that is known. */
            fix?: string | null;
        };
        StepProgress: {
            name: string;
            kind: components["schemas"]["StepKind"];
            worker?: components["schemas"]["Worker"] | null;
            status: components["schemas"]["StepStatus"];
            /** Format: uint32 */
            attempts: number;
            /** Format: date-time */
            startedAt?: string | null;
            /** Format: date-time */
            finishedAt?: string | null;
            error?: components["schemas"]["Failure"] | null;
            /** @description The items of a map that have begun. */
            items?: components["schemas"]["ItemProgress"][] | null;
        };
        /**
         * @description `wait`: The run rests until a time.
         * @enum {string}
         */
        StepKind: "pass" | "task" | "choice" | "map" | "wait";
        /**
         * @description A kind of worker; each has a dead-letter queue of its own.
         * @enum {string}
         */
        Worker: "cognito-provisioner" | "dynamodb-provisioner" | "provisioning-verifier" | "ses-notification";
        /**
         * @description `waiting`: It looks again later.
         *
         *     `retrying`: It failed and is tried again.
         *
         *     `skipped`: The run took another branch.
         *
         *     `stuck`: Its undo failed for good.
         * @enum {string}
         */
        StepStatus: "pending" | "running" | "succeeded" | "failed" | "undoing" | "undone" | "waiting" | "retrying" | "skipped" | "stuck";
        /** @description An error as the journal and its readers see it: a code to act on and a sentence. Never a secret. */
        Failure: {
            code: string;
            message: string;
            /** @description What an operator can do about it, if that is known. */
            fix?: string | null;
        };
        ItemProgress: {
            /** Format: uint32 */
            item: number;
            status: components["schemas"]["StepStatus"];
            /** Format: uint32 */
            attempts: number;
            /** Format: date-time */
            startedAt?: string | null;
            /** Format: date-time */
            finishedAt?: string | null;
            error?: components["schemas"]["Failure"] | null;
        };
        Start: {
            /** Format: uuid */
            accountId: string;
        };
        ExecutionPage: {
            items: components["schemas"]["Execution"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A run of a workflow, as a list shows it. */
        Execution: {
            /** Format: uuid */
            id: string;
            workflow: string;
            /** Format: uuid */
            accountId?: string | null;
            status: components["schemas"]["Status"];
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            finishedAt?: string | null;
            degraded: string[];
        };
        DeadLetterPage: {
            items: components["schemas"]["DeadLetter"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A step that failed for good. It holds references, never secrets. */
        DeadLetter: {
            /** Format: uuid */
            id: string;
            worker: components["schemas"]["Worker"];
            /** Format: uuid */
            executionId: string;
            workflow: string;
            /** Format: uuid */
            accountId?: string | null;
            state: string;
            /** Format: uint32 */
            item?: number | null;
            /** @description The item of the map: what the step was about. */
            reference?: unknown;
            error: components["schemas"]["Failure"];
            /** Format: uint32 */
            attempts: number;
            /** Format: date-time */
            at: string;
            /** Format: date-time */
            expiresAt: string;
        };
        NewRole: {
            /** Format: uuid */
            accountId?: string | null;
            /** Format: uuid */
            enterpriseId: string;
            /**
             * Format: uuid
             * @default null
             */
            productId?: string | null;
            /**
             * Format: uuid
             * @default null
             */
            serviceId?: string | null;
            /** Format: line */
            name: string;
            /**
             * Format: line
             * @default null
             */
            description?: string | null;
            /**
             * @description Left out: the creator's own.
             * @default null
             */
            mask?: number | null;
            /**
             * @description The role starts with the permissions of this preset.
             * @default null
             */
            preset?: components["schemas"]["RolePreset"] | null;
            /**
             * @description The role starts with these permissions. Left out, and without a preset, it permits nothing yet.
             * @default null
             */
            permissions?: components["schemas"]["MenuPermission"][] | null;
        };
        /**
         * @description A set of permissions that a new role can start with.
         *
         *     `viewer`: Views everything but the audit log of the whole account.
         *
         *     `editor`: Views like a viewer, and changes the account and its workstreams.
         *
         *     `administrator`: Everything that a tenant can do.
         *
         *     `access-manager`: Views like a viewer, and manages users, groups and roles.
         * @enum {string}
         */
        RolePreset: "viewer" | "editor" | "administrator" | "access-manager";
        RolePresetItemPage: {
            items: components["schemas"]["RolePresetItem"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description What a new role can start with. */
        RolePresetItem: {
            preset: components["schemas"]["RolePreset"];
            name: string;
            summary: string;
            permissions: components["schemas"]["MenuPermission"][];
        };
        RoleUpdate: {
            /** Format: uuid */
            accountId?: string | null;
            /**
             * Format: line
             * @default null
             */
            name?: string | null;
            /** Format: line */
            description?: string | null;
            /** @default null */
            mask?: number | null;
        };
        /** @description What a role permits, menu by menu. */
        RolePermissions: {
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            roleId: string;
            /** @description Menus left out give nothing. */
            permissions: components["schemas"]["MenuPermission"][];
        };
        RolePermissionsUpdate: {
            /** @description Menus left out give nothing; each occurs once. */
            permissions: components["schemas"]["MenuPermission"][];
        };
        /** @description What a search found. */
        SearchAnswer: {
            /** @description The best matches first: exact ones, then beginnings of names, of words, and other parts. */
            items: components["schemas"]["SearchMatch"][];
            /**
             * @description All that one may see was searched. If not, some records were not read yet, or are too many for the server's memory: ask again, or
             *     search within one account.
             */
            complete: boolean;
        };
        /** @description A record that was found. */
        SearchMatch: {
            /** @description What the record is, such as `user` or `license`. */
            kind: string;
            /** Format: uuid */
            id: string;
            name: string;
            /** @description What tells it from others of the same name: the e-mail address of a user, the contact of a license. */
            detail?: string | null;
            /** @description What matched: `name`, `id`, or the field, such as `email`. */
            matched: string;
            rank: components["schemas"]["Rank"];
            /** @description The account that it belongs to. An account belongs to itself. */
            account?: components["schemas"]["Owner"] | null;
            /** @description The enterprise that it belongs to. */
            enterprise?: components["schemas"]["Owner"] | null;
        };
        /**
         * @description How well a record matches.
         *
         *     `exact`: A text or the id is what was asked for.
         *
         *     `prefix`: It begins so.
         *
         *     `word`: A word of it begins so.
         *
         *     `part`: It contains that.
         *
         *     `scattered`: It contains each of the words.
         * @enum {string}
         */
        Rank: "exact" | "prefix" | "word" | "part" | "scattered";
        /** @description What a record belongs to. */
        Owner: {
            /** Format: uuid */
            id: string;
            name: string;
        };
        ServicePage: {
            items: components["schemas"]["Service"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A service that products offer. */
        Service: {
            /** Format: uuid */
            id: string;
            /** Format: line */
            name: string;
            /** Format: line */
            description?: string | null;
            /** @description Made by the platform: it can't be changed or deleted. */
            builtIn: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        NewService: {
            /** Format: line */
            name: string;
            /**
             * Format: line
             * @default null
             */
            description?: string | null;
        };
        ServiceUpdate: {
            /**
             * Format: line
             * @default null
             */
            name?: string | null;
            /** Format: line */
            description?: string | null;
        };
        NewUser: {
            /** Format: uuid */
            accountId?: string | null;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: uuid */
            productId: string;
            /** Format: uuid */
            serviceId: string;
            /** Format: line */
            firstName: string;
            /** Format: line */
            lastName: string;
            /** Format: idn-email */
            email: string;
            /** Format: date */
            startDate: string;
            /**
             * Format: date
             * @default null
             */
            endDate?: string | null;
            /** @default [] */
            groupIds?: string[];
            /** @default [] */
            workstreamIds?: string[];
        };
        UserUpdate: {
            /** Format: uuid */
            accountId?: string | null;
            /**
             * Format: line
             * @default null
             */
            firstName?: string | null;
            /**
             * Format: line
             * @default null
             */
            lastName?: string | null;
            /**
             * Format: idn-email
             * @description Only as long as the user has no identity.
             * @default null
             */
            email?: string | null;
            /**
             * Format: date
             * @default null
             */
            startDate?: string | null;
            /** Format: date */
            endDate?: string | null;
            /** @description `inactive` frees the seat and ends the sessions; `active` takes a seat again. */
            status?: components["schemas"]["StatusChange"] | null;
        };
        /**
         * @description The status that somebody gives a user. That a user has ended follows from the last day.
         * @enum {string}
         */
        StatusChange: "active" | "inactive";
        UserGroupsUpdate: {
            groupIds: string[];
        };
        WorkstreamPage: {
            items: components["schemas"]["Workstream"][];
            /** @description Absent on the last page. */
            nextCursor?: string;
        };
        /** @description A workstream of one enterprise of an account. */
        Workstream: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            accountId: string;
            /** Format: uuid */
            enterpriseId: string;
            /** Format: line */
            name: string;
            /** Format: line */
            description?: string | null;
            tools: components["schemas"]["Tool"][];
            /** @description Made by the platform: it can't be renamed or deleted. */
            builtIn: boolean;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /** @description How a workstream uses one tool. Never a secret: those are credentials. */
        Tool: {
            /** Format: line */
            tool: string;
            /** @default null */
            url?: string | null;
            /** @default {} */
            settings?: {
                [key: string]: string;
            };
        };
        UserWorkstreamsUpdate: {
            workstreamIds: string[];
        };
        NewWorkstream: {
            /**
             * Format: uuid
             * @description Left out, the caller's own.
             */
            accountId?: string | null;
            /**
             * Format: uuid
             * @description Left out, the caller's own.
             */
            enterpriseId?: string | null;
            /** Format: line */
            name: string;
            /**
             * Format: line
             * @default null
             */
            description?: string | null;
            tools?: components["schemas"]["Tool"][];
        };
        WorkstreamUpdate: {
            /** Format: uuid */
            accountId?: string | null;
            /** Format: uuid */
            enterpriseId?: string | null;
            /**
             * Format: line
             * @default null
             */
            name?: string | null;
            /** Format: line */
            description?: string | null;
            /** @description The tools from now on. */
            tools?: components["schemas"]["Tool"][] | null;
        };
    };
    responses: {
        /** @description `invalid_request`: The request is not valid. `account_mismatch`: The request names two different accounts. */
        Problem400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthenticated`: Sign in first. `invalid_credentials`: The e-mail address or the password is wrong. */
        Problem401: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `forbidden`: You may not do this. `license_limit_exceeded`: All seats of the license are taken. `no_active_license`: There is no license in force. `setup_token_invalid`: The set-up token is wrong. */
        Problem403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_found`: There is no such thing here. */
        Problem404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request_timeout`: The request took too long to come. */
        Problem408: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conflict`: The state does not allow this. `name_taken`: The name is taken. `email_taken`: The e-mail address is taken. `in_use`: It is still in use. `still_assigned`: Users or groups still have it. `own_administration`: This takes your own right to administer users. `seats_in_use`: More seats are taken than would be left. `protected`: This can't be changed or removed. `already_bootstrapped`: The platform is set up already. */
        Problem409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `precondition_failed`: The record has changed meanwhile. */
        Problem412: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `body_too_large`: The request body is too large. */
        Problem413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported_media_type`: The request body must be JSON. */
        Problem415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency_key_reused`: The idempotency key was used for another request. */
        Problem422: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `too_many_requests`: Too many requests. */
        Problem429: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal`: Something went wrong on our side. */
        Problem500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unavailable`: The service can't answer now. */
        Problem503: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `storage_full`: The storage is full. */
        Problem507: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The version of the record, for `If-Match`. */
        ETag: string;
        /** @description Where the new record is. */
        Location: string;
        /** @description Seconds after which another try makes sense. */
        "Retry-After": number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    accounts_list: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                /** @description Accounts whose names begin so, however they are written. */
                name?: string;
                /** @description Left out: all but the deleted ones. `failed` also finds accounts whose removal failed. */
                status?: components["schemas"]["AccountStatus"];
                cloudType?: components["schemas"]["CloudType"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    accounts_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme",
                 *       "masterAccountName": "Acme Holding",
                 *       "cloudType": "public",
                 *       "address": {
                 *         "line1": "1 Main St",
                 *         "city": "Springfield",
                 *         "state": "IL",
                 *         "postalCode": "62701",
                 *         "country": "US"
                 *       },
                 *       "technicalUser": {
                 *         "firstName": "Ada",
                 *         "lastName": "Byron",
                 *         "email": "ada@acme.example",
                 *         "startDate": "2026-01-01"
                 *       },
                 *       "administrator": {
                 *         "firstName": "Mary",
                 *         "lastName": "Shaw",
                 *         "email": "mary@acme.example"
                 *       },
                 *       "licenses": [
                 *         {
                 *           "enterpriseId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02",
                 *           "productId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c03",
                 *           "serviceId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c04",
                 *           "startDate": "2026-01-01",
                 *           "endDate": "2036-12-31",
                 *           "numberOfUsers": 10
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewAccount"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    accounts_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    accounts_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "masterAccountName": "Acme Group",
                 *       "address": {
                 *         "line1": "1 Main St",
                 *         "city": "Springfield",
                 *         "state": "IL",
                 *         "postalCode": "62701",
                 *         "country": "US"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AccountUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    accounts_delete: {
        parameters: {
            query: {
                /** @description The account's exact name. */
                confirm: string;
                /** @description Begins the removal at once, without a grace period. */
                now?: boolean;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken on; it goes on after the answer. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    accounts_restore: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    accounts_technical_users: {
        parameters: {
            query?: {
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /** @description How many records the page holds at most. */
                limit?: number;
                /** @description Where the page before ended: its `nextCursor`. */
                cursor?: string;
            };
            header?: never;
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    accounts_receipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    audit_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                limit?: number;
                cursor?: string;
                order?: components["schemas"]["Sort"];
                /** @description Entries of this operation alone, such as `user_create`. */
                action?: string;
                /** @description Entries of this user's doing alone. */
                userId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntryPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    audit_list_all: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                limit?: number;
                cursor?: string;
                order?: components["schemas"]["Sort"];
                /** @description Entries of this operation alone, such as `user_create`. */
                action?: string;
                /** @description Entries of this user's doing alone. */
                userId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntryPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    audit_check: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /** @description Read every entry again, also those that an earlier check found valid: for operators. */
                full?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChainReport"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    audit_checkpoint: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkpoint"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    audit_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["Problem400"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    auth_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@acme.example",
                 *       "password": "Violet-6-harbour-comet",
                 *       "grant": "token"
                 *     }
                 */
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInAnswer"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_challenge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "challenge": "NEW_PASSWORD_REQUIRED",
                 *       "session": "fhc_MFRGGZDFMZTWQ2LK",
                 *       "newPassword": "Violet-6-harbour-comet",
                 *       "grant": "token"
                 *     }
                 */
                "application/json": components["schemas"]["ChallengeAnswer"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInAnswer"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refreshToken": "fhr_MFRGGZDFMZTWQ2LK"
                 *     }
                 */
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInAnswer"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refreshToken": "fhr_MFRGGZDFMZTWQ2LK"
                 *     }
                 */
                "application/json": components["schemas"]["Logout"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_forgot_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@acme.example"
                 *     }
                 */
                "application/json": components["schemas"]["Forgot"];
            };
        };
        responses: {
            /** @description Taken on; it goes on after the answer. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sent"];
                };
            };
            400: components["responses"]["Problem400"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_reset_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@acme.example",
                 *       "code": "493817",
                 *       "newPassword": "Marble-3-otter-compass"
                 *     }
                 */
                "application/json": components["schemas"]["Reset"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_change_password: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "oldPassword": "Violet-6-harbour-comet",
                 *       "newPassword": "Marble-3-otter-compass"
                 *     }
                 */
                "application/json": components["schemas"]["Change"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_accept_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "fhi_MFRGGZDFMZTWQ2LK",
                 *       "newPassword": "Violet-6-harbour-comet"
                 *     }
                 */
                "application/json": components["schemas"]["Acceptance"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    auth_jwks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["Problem400"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    auth_openid_configuration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["Problem400"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    bootstrap_run: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "setupToken": "fhb_3q2-7wAAAAB4Nn9pYk1zT0c1dXJ0QXJrYQ",
                 *       "adminEmail": "root@platform.example",
                 *       "adminPassword": "Copper-4-kettle-meadow"
                 *     }
                 */
                "application/json": components["schemas"]["NewPlatform"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Platform"];
                };
            };
            400: components["responses"]["Problem400"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    connections_list: {
        parameters: {
            query?: {
                /** @description How many records the page holds at most. */
                limit?: number;
                /** @description Where the page before ended: its `nextCursor`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    connections_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme's own account",
                 *       "region": "eu-central-1"
                 *     }
                 */
                "application/json": components["schemas"]["NewConnection"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    connections_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                connectionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    connections_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                connectionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    connections_stack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                connectionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnersStack"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    connections_verify: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path: {
                connectionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "roleArn": "arn:aws:iam::123456789012:role/freehold-acme"
                 *     }
                 */
                "application/json": components["schemas"]["Verification"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    enterprises_list: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                /** @description Those whose names begin so, however they are written. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnterpriseViewPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    enterprises_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Retail",
                 *       "description": "Shops and markets",
                 *       "productIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c03"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewEnterprise"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnterpriseView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    enterprises_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                enterpriseId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnterpriseView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    enterprises_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                enterpriseId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "description": "Shops, markets and fairs",
                 *       "productIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c03"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["EnterpriseUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnterpriseView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    enterprises_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                enterpriseId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    events_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description How many records the page holds at most. */
                limit?: number;
                /** @description Where the page before ended: its `nextCursor`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    groups_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                limit?: number;
                cursor?: string;
                /** @description Groups whose names contain this, without case and accents. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    groups_create: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "enterpriseId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02",
                 *       "name": "Finance",
                 *       "description": "Bookkeepers and controllers",
                 *       "roleIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c06"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewGroup"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    groups_read: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    groups_update: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                groupId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "name": "Finance and control"
                 *     }
                 */
                "application/json": components["schemas"]["GroupUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    groups_delete: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    groups_roles: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolePage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    groups_set_roles: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                groupId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "roleIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c06"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["GroupRolesUpdate"];
            };
        };
        responses: {
            /** @description The whole list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolePage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    groups_members: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /** @description How many records the page holds at most. */
                limit?: number;
                /** @description Where the page before ended: its `nextCursor`. */
                cursor?: string;
            };
            header?: never;
            path: {
                groupId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    jobs_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduledJobPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    jobs_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                jobName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduledJob"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    licenses_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                limit?: number;
                cursor?: string;
                status?: components["schemas"]["LicenseStatus"];
                productId?: string;
                serviceId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseViewPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    licenses_create: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "enterpriseId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02",
                 *       "productId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c03",
                 *       "serviceId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c04",
                 *       "startDate": "2026-01-01",
                 *       "endDate": "2036-12-31",
                 *       "numberOfUsers": 10,
                 *       "contact": {
                 *         "name": "Ada Byron",
                 *         "email": "billing@acme.example",
                 *         "phone": "+1 555 0100"
                 *       },
                 *       "renewalNotification": {
                 *         "enabled": true,
                 *         "noticeDays": 30
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewLicense"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    licenses_capacity: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capacity"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    licenses_expiring: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                limit?: number;
                cursor?: string;
                /** @description From today on. */
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseViewPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    licenses_licensed_entities: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicensedEntities"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    licenses_send_reminders: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reminded"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    licenses_read: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                licenseId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    licenses_update: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                licenseId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "endDate": "2037-12-31",
                 *       "numberOfUsers": 25
                 *     }
                 */
                "application/json": components["schemas"]["LicenseUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    licenses_delete: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                licenseId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    licenses_global_access: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GlobalAccess"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    me_access: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reach"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    me_permissions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Permissions"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    me_accounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MembershipViewPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    me_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionViewPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    me_end_all: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    me_end: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    me_begin_email_change: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "newEmail": "ada.byron@acme.example",
                 *       "password": "Violet-6-harbour-comet"
                 *     }
                 */
                "application/json": components["schemas"]["NewAddress"];
            };
        };
        responses: {
            /** @description Taken on; it goes on after the answer. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeSent"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    me_confirm_email: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "fhe_MFRGGZDFMZTWQ2LK"
                 *     }
                 */
                "application/json": components["schemas"]["AddressProof"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddressView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    metrics_read: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exposition"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    outbox_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                limit?: number;
                cursor?: string;
                /** @description Mails to this address alone. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OutboxMailPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    products_list: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                /** @description Those whose names begin so, however they are written. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductViewPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    products_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Payments",
                 *       "description": "Takes payments",
                 *       "serviceIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c04"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewProduct"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    products_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    products_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                productId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Payments Plus",
                 *       "serviceIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c04"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ProductUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductView"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    products_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    provisioning_status: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    provisioning_deprovision: {
        parameters: {
            query: {
                /** @description The account's exact name. */
                confirm: string;
                /** @description Begins the removal at once, without a grace period. */
                now?: boolean;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken on; it goes on after the answer. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    provisioning_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description The id of the last event that was seen: the stream goes on after it. An id of an earlier run begins at the beginning of the present one. A number alone is taken as one of the present run. */
                "Last-Event-ID"?: string;
            };
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events; the data of each is one object. If the session ends or the right is lost, the last event is `end`, with a `reason`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        id?: string;
                        event: string;
                        data: string;
                    };
                };
            };
            /** @description It is over, and the event that was seen was its last: a client need not connect again. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    provisioning_start: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01"
                 *     }
                 */
                "application/json": components["schemas"]["Start"];
            };
        };
        responses: {
            /** @description Taken on; it goes on after the answer. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    provisioning_undo: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path: {
                accountId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken on; it goes on after the answer. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    provisioning_executions: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description How many records the page holds at most. */
                limit?: number;
                /** @description Where the page before ended: its `nextCursor`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExecutionPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    provisioning_execution: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
            };
            header?: never;
            path: {
                executionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    provisioning_dead_letters: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                limit?: number;
                cursor?: string;
                worker?: components["schemas"]["Worker"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    provisioning_dead_letter: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
            };
            header?: never;
            path: {
                deadLetterId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetter"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    provisioning_discard: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
            };
            header?: never;
            path: {
                deadLetterId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    provisioning_replay: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path: {
                deadLetterId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken on; it goes on after the answer. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    roles_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                limit?: number;
                cursor?: string;
                /** @description Roles whose names contain this, without case and accents. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolePage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    roles_create: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "enterpriseId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02",
                 *       "name": "Bookkeeper",
                 *       "description": "Sees users and edits workstreams"
                 *     }
                 */
                "application/json": components["schemas"]["NewRole"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    roles_presets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolePresetItemPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    roles_read: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                roleId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    roles_update: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                roleId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "description": "Sees users, edits workstreams"
                 *     }
                 */
                "application/json": components["schemas"]["RoleUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    roles_delete: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                roleId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    roles_permissions: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                roleId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolePermissions"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    roles_set_permissions: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                roleId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "permissions": [
                 *         {
                 *           "menu": "access-control",
                 *           "isVisible": true,
                 *           "canView": true,
                 *           "canCreate": false,
                 *           "canEdit": false,
                 *           "canDelete": false
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["RolePermissionsUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RolePermissions"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    search_search: {
        parameters: {
            query: {
                /**
                 * @description A part of a name or an e-mail address, in either case, with or without accents; several words in any order; or an id, or its
                 *     first eight digits or more.
                 */
                q: string;
                /** @description How many records are found at most. */
                limit?: number;
                /** @description Only in this account. Left out: operators who may list accounts search all of them, others their own. */
                within?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchAnswer"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    services_list: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                /** @description Those whose names begin so, however they are written. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServicePage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    services_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ledger",
                 *       "description": "Books every payment"
                 *     }
                 */
                "application/json": components["schemas"]["NewService"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    services_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                serviceId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    services_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                serviceId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "description": "Books every payment, in every currency"
                 *     }
                 */
                "application/json": components["schemas"]["ServiceUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    services_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                serviceId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    users_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                limit?: number;
                cursor?: string;
                status?: components["schemas"]["UserStatus"];
                /** @description Users who have not accepted their invitation, and can still do so or not. */
                invitation?: components["schemas"]["InvitationState"];
                /** @description Users whose e-mail addresses begin so, however they are written. */
                email?: string;
                /** @description Users whose names or e-mail addresses contain this, without case and accents: several words in any order; or the user with this id. */
                q?: string;
                /** @description Users of the license's enterprise, product and service. */
                licenseId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    users_create: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "enterpriseId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02",
                 *       "productId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c03",
                 *       "serviceId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c04",
                 *       "firstName": "Grace",
                 *       "lastName": "Hopper",
                 *       "email": "grace@acme.example",
                 *       "startDate": "2026-01-01",
                 *       "groupIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c05"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    users_provision: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "enterpriseId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02",
                 *       "productId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c03",
                 *       "serviceId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c04",
                 *       "firstName": "Grace",
                 *       "lastName": "Hopper",
                 *       "email": "grace@acme.example",
                 *       "startDate": "2026-01-01",
                 *       "groupIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c05"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    users_read: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    users_update: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "lastName": "Murray",
                 *       "endDate": "2036-12-31"
                 *     }
                 */
                "application/json": components["schemas"]["UserUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    users_delete: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    users_invite: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    users_permissions: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Permissions"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    users_groups: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    users_set_groups: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                /**
                 * @description Effects that the caller accepts: `in-use` (a role or group is taken from those who have it), `own-administration` (the
                 *     caller loses their own right to administer users). Without it the request is refused with `still_assigned` or
                 *     `own_administration` if it would have such an effect.
                 */
                confirm?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "groupIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c05"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["UserGroupsUpdate"];
            };
        };
        responses: {
            /** @description The whole list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    users_workstreams: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkstreamPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    users_set_workstreams: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "workstreamIds": [
                 *         "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c07"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["UserWorkstreamsUpdate"];
            };
        };
        responses: {
            /** @description The whole list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkstreamPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    workstreams_list: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
                limit?: number;
                cursor?: string;
                /** @description Those whose names contain this, without case and accents. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkstreamPage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    workstreams_create: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "enterpriseId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02",
                 *       "name": "Checkout",
                 *       "description": "The new checkout",
                 *       "tools": [
                 *         {
                 *           "tool": "Git",
                 *           "url": "https://git.example.com/acme/checkout",
                 *           "settings": {
                 *             "branch": "main"
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewWorkstream"];
            };
        };
        responses: {
            /** @description The new record. */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workstream"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    workstreams_ensure_default: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The same key with the same request gets the same answer for 24 hours, with `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. A refusal is not kept. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workstream"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    workstreams_read: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: never;
            path: {
                workstreamId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workstream"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    workstreams_update: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                workstreamId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "accountId": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01",
                 *       "description": "The checkout of all shops",
                 *       "tools": []
                 *     }
                 */
                "application/json": components["schemas"]["WorkstreamUpdate"];
            };
        };
        responses: {
            /** @description The record. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workstream"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            408: components["responses"]["Problem408"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
    workstreams_delete: {
        parameters: {
            query?: {
                /** @description The account that is meant; left out, the caller's own. Operators name other accounts here. */
                accountId?: string;
                /** @description The enterprise that is meant; left out, the caller's own. */
                enterpriseId?: string;
            };
            header?: {
                /** @description The `ETag` of the version that you read: the request succeeds only if the record still has that version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as `W/"3"` or `"3-gzip"`. Without it, the last write wins. */
                "If-Match"?: string;
            };
            path: {
                workstreamId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
            507: components["responses"]["Problem507"];
        };
    };
}
