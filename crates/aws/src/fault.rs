//! What can go wrong with a request, by name: the one place that reads the SDK's errors.

use std::{error::Error, iter};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use kernel::ports::external_error::{ErrorKind, ExternalError, KnownCondition};

/// Why a request was not answered as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("throttled")]
    Throttled,
    #[error("another request holds the same records")]
    Conflict,
    #[error("the same request is still under way")]
    Underway,
    #[error("timed out")]
    TimedOut,
    #[error("out of reach")]
    Unreachable,
    #[error("failed inside the service")]
    Internal,
    #[error("the answer makes no sense")]
    Garbled,
    #[error("not there")]
    NotFound,
    #[error("there already, or being changed")]
    InUse,
    #[error("a quota is used up")]
    Quota,
    #[error("there are none, or they can't be had")]
    NoCredentials,
    #[error("the access key is not known to AWS")]
    UnknownCredentials,
    #[error("the credentials have expired")]
    Expired,
    #[error("the signature is refused")]
    Signature,
    #[error("the clocks of this machine and of AWS do not agree")]
    Clock,
    #[error("access is denied")]
    Denied,
    #[error("the key of KMS may not be used")]
    KeyDenied,
    #[error("the key of KMS is disabled")]
    KeyDisabled,
    #[error("the key of KMS is to be deleted, or can't be used in its state")]
    KeyUnusable,
    #[error("there is no such key of KMS")]
    KeyMissing,
    #[error("refused as malformed")]
    Malformed,
    #[error("rejected, for sender or recipient are not verified")]
    Rejected,
    #[error("paused, or the account is suspended")]
    Paused,
    #[error("the person is refused: by password, state or session")]
    Refused,
    #[error("there is no such user in the pool")]
    NoSuchUser,
    #[error("the user pool's policy refuses the password")]
    Policy,
    #[error("a trigger of the user pool failed")]
    Trigger,
    #[error("failed in a way that is not known here")]
    Unknown,
}

impl Fault {
    /// Why there are no credentials to sign with.
    pub fn of_credentials(error: &CredentialsError) -> Self {
        let mut causes = iter::successors(Some(error as &(dyn Error + 'static)), |&cause| cause.source());
        if let Some(fault) = causes.find_map(|cause| cause.downcast_ref::<Self>()) {
            return *fault;
        }
        // Of the places that were looked in, the last one's error tells little.
        if matches!(error, CredentialsError::ProviderTimedOut(_)) { Self::TimedOut } else { Self::NoCredentials }
    }

    /// What an operator can do about it.
    pub const fn fix(self) -> &'static str {
        match self {
            Self::NoCredentials => {
                "give this process credentials: a role of its container or instance, AWS_PROFILE, or AWS_ACCESS_KEY_ID \
                 and AWS_SECRET_ACCESS_KEY"
            }
            Self::UnknownCredentials => "check AWS_ACCESS_KEY_ID, or the profile: the key was deleted or is mistyped",
            Self::Expired => "renew the credentials: sign in again (aws sso login), or assume the role anew",
            Self::Signature => "check the secret access key, and the session token if there is one",
            Self::Clock => "set this machine's clock: have it kept by NTP",
            Self::Denied => "permit the action in the policy of the role that the credentials are of",
            Self::KeyDenied => {
                "permit kms:Decrypt and kms:GenerateDataKey on the key, to this role and in the key's own policy"
            }
            Self::KeyDisabled => "enable the key: aws kms enable-key --key-id KEY",
            Self::KeyUnusable => {
                "take its deletion back (aws kms cancel-key-deletion --key-id KEY), then enable it: aws kms enable-key"
            }
            Self::KeyMissing => "check aws_kms_key and the region: a key is used in its own region alone",
            Self::Unreachable | Self::TimedOut => "check the region, the network, and the endpoint if one is set",
            Self::Throttled | Self::Quota => "ask for a higher quota, or wait",
            Self::Rejected => "verify the sender in SES, and leave the sandbox",
            Self::Paused => "resume the account in AWS",
            Self::NotFound => "make it, or name another",
            Self::Malformed => "check the names in the configuration",
            Self::Refused => "sign in again",
            Self::NoSuchUser => "check aws_user_pool: the pool may be another installation's",
            Self::Policy => {
                "ask no more of passwords in the user pool than the product does; freehold preflight compares"
            }
            Self::Trigger => "look at the log of the function that the user pool calls",
            Self::Conflict | Self::Underway | Self::Internal | Self::Garbled | Self::InUse | Self::Unknown => {
                "try again; the log says what AWS answered"
            }
        }
    }

    /// Names the fault; what the service said goes to the log.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let said = match error {
            SdkError::ServiceError(service) => Some(service.err()),
            _ => None,
        };
        let (code, message) = (said.and_then(E::code), said.and_then(E::message));
        let fault = match error {
            SdkError::ConstructionFailure(_) => Self::Malformed,
            SdkError::TimeoutError(_) => Self::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::TimedOut,
            SdkError::DispatchFailure(failure) => {
                failure.as_connector_error().map_or(Self::Unreachable, |error| undispatched(error))
            }
            SdkError::ResponseError(_) => Self::Garbled,
            SdkError::ServiceError(service) => match (code, service.raw().status().as_u16()) {
                (Some(code), status) => Self::named(code).or_by(status).or_clock(message).or_rate(message),
                (None, status) => Self::Unknown.or_by(status),
            },
            _ => Self::Unknown,
        };
        if fault == Self::Unknown {
            tracing::error!(code, message, "a request to AWS failed in a way that is not known here");
        } else {
            tracing::debug!(%fault, code, message, "a request to AWS failed");
        }
        fault
    }

    /// A fault that its code does not name, named by the answer's status.
    const fn or_by(self, status: u16) -> Self {
        match (self, status) {
            (Self::Unknown, 403) => Self::Denied,
            (Self::Unknown, 500..) => Self::Internal,
            (fault, _) => fault,
        }
    }

    /// A signature of another time is refused by the same code as a wrong one.
    fn or_clock(self, message: Option<&str>) -> Self {
        let late = |said: &str| said.contains("Signature expired") || said.contains("Signature not yet current");
        if self == Self::Signature && message.is_some_and(late) { Self::Clock } else { self }
    }

    /// That too many tables are being made at once has the code of a quota, and passes.
    fn or_rate(self, message: Option<&str>) -> Self {
        let at_once = |said: &str| said.contains("simultaneously");
        if self == Self::Quota && message.is_some_and(at_once) { Self::Throttled } else { self }
    }

    /// The condition's name, for those who act on it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Conflict => "conflict",
            Self::Underway => "underway",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Internal => "failed_inside",
            Self::Garbled => "garbled",
            Self::NotFound => "not_there",
            Self::InUse => "in_use",
            Self::Quota => "quota_used_up",
            Self::NoCredentials => "no_credentials",
            Self::UnknownCredentials => "unknown_credentials",
            Self::Expired => "credentials_expired",
            Self::Signature => "signature_refused",
            Self::Clock => "clock_off",
            Self::Denied => "access_denied",
            Self::KeyDenied => "key_denied",
            Self::KeyDisabled => "key_disabled",
            Self::KeyUnusable => "key_unusable",
            Self::KeyMissing => "key_missing",
            Self::Refused => "refused",
            Self::NoSuchUser => "no_such_user",
            Self::Policy => "password_policy",
            Self::Trigger => "trigger_failed",
            Self::Malformed => "malformed",
            Self::Rejected => "sender_rejected",
            Self::Paused => "sending_paused",
            Self::Unknown => "unknown",
        }
    }

    /// The fault as the product's ports tell it.
    pub fn external_error(self, of: impl std::fmt::Display) -> ExternalError {
        let kind = match self {
            Self::Throttled => ErrorKind::Throttled,
            // What has just been made or permitted is not known everywhere at once.
            Self::NotFound | Self::InUse | Self::Unknown => ErrorKind::Transient,
            lasting if !lasting.passes() => ErrorKind::Permanent,
            _passing => ErrorKind::Transient,
        };
        ExternalError::new(format!("{of}: {self}"), KnownCondition { code: self.code(), fix: self.fix(), kind })
    }

    /// The fault for a service's error code.
    pub fn named(code: &str) -> Self {
        match code {
            "ThrottlingException"
            | "Throttled"
            | "ThrottledException"
            | "RequestThrottled"
            | "KMSThrottlingException"
            | "KmsThrottled"
            | "Throttling"
            | "ThrottlingError"
            | "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "TooManyUpdates"
            | "SlowDown" => Self::Throttled,
            "TransactionConflictException"
            | "TransactionConflict"
            | "ReplicatedWriteConflictException"
            | "ConcurrentModificationException" => Self::Conflict,
            "TransactionInProgressException" | "ContinuousBackupsUnavailableException" => Self::Underway,
            "InternalServerError"
            | "InternalError"
            | "KMSInternalException"
            | "DependencyTimeoutException"
            | "KeyUnavailableException"
            | "InternalFailure"
            | "InternalException"
            | "InternalErrorException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "UnexpectedLambdaException" => Self::Internal,
            "ResourceNotFoundException"
            | "TableNotFoundException"
            | "ParameterNotFound"
            | "NotFoundException"
            | "NotFound"
            | "QueueDoesNotExist"
            | "AWS.SimpleQueueService.NonExistentQueue"
            | "StateMachineDoesNotExist"
            | "StateMachineDeleting"
            | "ExecutionDoesNotExist" => Self::NotFound,
            "ResourceInUseException"
            | "ExecutionAlreadyExists"
            | "TableAlreadyExistsException"
            | "AlreadyExistsException"
            | "OperationInProgressException"
            | "AliasExistsException"
            | "ResourceAlreadyExistsException"
            | "UsernameExistsException"
            | "ResourceExistsException"
            | "ParameterAlreadyExists"
            | "QueueNameExists"
            | "QueueAlreadyExists"
            | "QueueDeletedRecently"
            | "AWS.SimpleQueueService.QueueDeletedRecently" => Self::InUse,
            "LimitExceededException"
            | "ExecutionLimitExceeded"
            | "ItemCollectionSizeLimitExceededException"
            | "ParameterLimitExceeded"
            | "OverLimit" => Self::Quota,
            "AccessDeniedException" | "AccessDenied" | "ForbiddenException" | "AuthorizationError" => Self::Denied,
            "DecryptionFailure"
            | "EncryptionFailure"
            | "KMSAccessDeniedException"
            | "KMSAccessDenied"
            | "KmsAccessDenied" => Self::KeyDenied,
            "DisabledException" | "KMSDisabledException" | "KMSDisabled" | "KmsDisabled" => Self::KeyDisabled,
            "KMSInvalidStateException" | "KMSInvalidState" | "KmsInvalidState" => Self::KeyUnusable,
            "KMSNotFoundException" | "KMSNotFound" | "KmsNotFound" => Self::KeyMissing,
            "UnrecognizedClientException" | "InvalidClientTokenId" | "AuthFailure" => Self::UnknownCredentials,
            "MissingAuthenticationTokenException" | "MissingAuthenticationToken" => Self::NoCredentials,
            "ExpiredTokenException" | "ExpiredToken" => Self::Expired,
            "InvalidSignatureException" | "SignatureDoesNotMatch" | "IncompleteSignature" => Self::Signature,
            "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => Self::Clock,
            // Cognito's word for people; its callers are refused as everywhere.
            "NotAuthorizedException"
            | "CodeMismatchException"
            | "ExpiredCodeException"
            | "PasswordResetRequiredException"
            | "RefreshTokenReuseException"
            | "UserNotConfirmedException" => Self::Refused,
            "UserNotFoundException" => Self::NoSuchUser,
            "InvalidPasswordException" | "PasswordHistoryPolicyViolationException" => Self::Policy,
            "UserLambdaValidationException" | "InvalidLambdaResponseException" => Self::Trigger,
            "MessageRejected" | "MailFromDomainNotVerifiedException" => Self::Rejected,
            "SendingPausedException" | "AccountSuspendedException" => Self::Paused,
            // Secrets Manager's word for what can't be had as it is now: a secret that is scheduled for deletion.
            "InvalidRequestException"
            | "ValidationException"
            | "InvalidArn"
            | "InvalidName"
            | "InvalidUserPoolConfigurationException"
            | "InvalidParameter"
            | "InvalidParameterException"
            | "InvalidParameterValue"
            | "InvalidAttributeValue"
            | "InvalidAttributeName"
            | "InvalidCiphertextException"
            | "IncorrectKeyException"
            | "InvalidArnException"
            | "InvalidKeyUsageException"
            | "InvalidExecutionInput"
            | "ValidationError"
            | "SerializationException"
            | "BadRequestException" => Self::Malformed,
            _ => Self::Unknown,
        }
    }

    /// Whether the same request may go through later.
    pub const fn passes(self) -> bool {
        match self {
            Self::Throttled
            | Self::Conflict
            | Self::Underway
            | Self::TimedOut
            | Self::Unreachable
            | Self::Internal
            | Self::Garbled => true,
            Self::NotFound
            | Self::InUse
            | Self::Quota
            | Self::NoCredentials
            | Self::UnknownCredentials
            | Self::Expired
            | Self::Signature
            | Self::Clock
            | Self::Denied
            | Self::KeyDenied
            | Self::KeyDisabled
            | Self::KeyUnusable
            | Self::KeyMissing
            | Self::Malformed
            | Self::Rejected
            | Self::Paused
            | Self::Refused
            | Self::NoSuchUser
            | Self::Policy
            | Self::Trigger
            | Self::Unknown => false,
        }
    }

    /// Whether the request certainly changed nothing.
    pub const fn changed_nothing(self) -> bool {
        match self {
            Self::Throttled
            | Self::Conflict
            | Self::NotFound
            | Self::InUse
            | Self::Quota
            | Self::NoCredentials
            | Self::UnknownCredentials
            | Self::Expired
            | Self::Signature
            | Self::Clock
            | Self::Denied
            | Self::KeyDenied
            | Self::KeyDisabled
            | Self::KeyUnusable
            | Self::KeyMissing
            | Self::Malformed
            | Self::Rejected
            | Self::Paused
            | Self::Refused
            | Self::NoSuchUser
            | Self::Policy => true,
            Self::Underway
            | Self::TimedOut
            | Self::Unreachable
            | Self::Internal
            | Self::Garbled
            | Self::Trigger
            | Self::Unknown => false,
        }
    }
}

/// A request that did not go out: for lack of credentials, or of a connection.
fn undispatched(error: &(dyn Error + 'static)) -> Fault {
    let mut causes = iter::successors(Some(error), |&cause| cause.source());
    causes.find_map(|cause| cause.downcast_ref()).map_or(Fault::Unreachable, Fault::of_credentials)
}
