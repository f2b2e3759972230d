//! What is the same in every kind: server fields, and references by the name of their field.

use crate::Shape::{Derived, Reference};
use crate::{Kind, Rule};

/// Lines that hold for all kinds, after the kind's own.
pub(super) const COMMON: &[Rule] = &[
    Rule::new("/_id", Derived),
    Rule::new("/createdAt", Derived),
    Rule::new("/lastModified", Derived),
    Rule::new("/lastModifiedBy", Derived),
    Rule::new("/deletedAt", Derived),
    Rule::new("/_userId", Derived),
    Rule::new("/lastExecutedAt", Derived),
    Rule::new("/offline", Derived),
    Rule::new("/queueSize", Derived),
    Rule::new("/debugUntil", Derived),
    Rule::new("/mockOutput", Derived),
    Rule::new("/mockResponse", Derived),
    Rule::new("/sampleData", Derived),
    Rule::new("/sampleResponseData", Derived),
    Rule::new("/**/_integrationId", Reference(Kind::Integration)),
    Rule::new("/**/_registeredIntegrationIds", Reference(Kind::Integration)),
    Rule::new("/**/_flowId", Reference(Kind::Flow)),
    Rule::new("/**/_runNextFlowIds", Reference(Kind::Flow)),
    Rule::new("/**/_keepDeltaBehindFlowId", Reference(Kind::Flow)),
    Rule::new("/**/_keepDeltaBehindExportId", Reference(Kind::Export)),
    Rule::new("/**/_exportId", Reference(Kind::Export)),
    Rule::new("/**/_importId", Reference(Kind::Import)),
    Rule::new("/**/_connectionId", Reference(Kind::Connection)),
    Rule::new("/**/_borrowConcurrencyFromConnectionId", Reference(Kind::Connection)),
    Rule::new("/**/_scriptId", Reference(Kind::Script)),
    Rule::new("/**/_preSaveScriptId", Reference(Kind::Script)),
    Rule::new("/**/_lookupCacheId", Reference(Kind::LookupCache)),
    Rule::new("/**/_agentId", Reference(Kind::Agent)),
    Rule::new("/**/_iClientId", Reference(Kind::IClient)),
    Rule::new("/**/_stackId", Reference(Kind::Stack)),
    Rule::new("/**/_asyncHelperId", Reference(Kind::AsyncHelper)),
    Rule::new("/**/_fileDefinitionId", Reference(Kind::FileDefinition)),
    Rule::new("/**/_ediProfileId", Reference(Kind::EdiProfile)),
    Rule::new("/**/_tpConnectorId", Reference(Kind::TradingPartnerConnector)),
    Rule::new("/**/_toolId", Reference(Kind::Tool)),
];
