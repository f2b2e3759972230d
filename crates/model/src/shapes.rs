//! The tables of all kinds, one file a family of fields.

mod automation;
mod common;
mod connections;
mod flows;
mod steps;

use crate::{Kind, Shapes};

/// The table of a kind.
#[must_use]
pub fn shapes(kind: Kind) -> &'static Shapes {
    match kind {
        Kind::Integration => &flows::INTEGRATION,
        Kind::Flow => &flows::FLOW,
        Kind::Tool => &flows::TOOL,
        Kind::Api => &flows::API,
        Kind::Export => &steps::EXPORT,
        Kind::Import => &steps::IMPORT,
        Kind::AsyncHelper => &steps::ASYNC_HELPER,
        Kind::FileDefinition => &steps::FILE_DEFINITION,
        Kind::Connection => &connections::CONNECTION,
        Kind::IClient => &connections::ICLIENT,
        Kind::Agent => &connections::AGENT,
        Kind::Stack => &connections::STACK,
        Kind::TradingPartnerConnector => &connections::TRADING_PARTNER_CONNECTOR,
        Kind::EdiProfile => &connections::EDI_PROFILE,
        Kind::Script => &automation::SCRIPT,
        Kind::LookupCache => &automation::LOOKUP_CACHE,
        Kind::Template => &automation::TEMPLATE,
        Kind::Notification => &automation::NOTIFICATION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shape;

    #[test]
    fn every_kind_has_a_description_to_type_in_and_derived_times() {
        for kind in Kind::ALL {
            assert_eq!(shapes(kind).shape("/lastModified"), Shape::Derived, "{kind}");
            assert_eq!(shapes(kind).shape("/_id"), Shape::Derived, "{kind}");
            assert!(shapes(kind).texts().count() <= 12, "{kind}");
        }
    }

    #[test]
    fn rows_are_found_at_any_depth_of_a_mapping() {
        let table = shapes(Kind::Import);
        assert_eq!(table.shape("/mappings"), Shape::Rows);
        assert_eq!(table.shape("/mappings/r1/mappings"), Shape::Rows);
        assert_eq!(table.shape("/mappings/r1/buildArrayHelper"), Shape::Rows);
        assert_eq!(table.shape("/mappings/r1/buildArrayHelper/r2/mappings"), Shape::Rows);
        assert_eq!(table.shape("/mappings/r1/dataType"), Shape::Leaf);
    }

    #[test]
    fn what_two_people_type_in_a_row_is_a_text() {
        for place in ["/mappings/r1/extract", "/mappings/r1/mappings/r2/generate", "/http/headers/r1/value"] {
            assert_eq!(shapes(Kind::Import).shape(place), Shape::Text, "{place}");
        }
        assert_eq!(shapes(Kind::Flow).shape("/pageProcessors/r1/responseMapping/fields/r2/extract"), Shape::Text);
    }

    #[test]
    fn references_are_known_wherever_they_stand() {
        let table = shapes(Kind::Flow);
        assert_eq!(table.shape("/pageProcessors/r1/_importId"), Shape::Reference(Kind::Import));
        assert_eq!(
            table.shape("/routers/r/branches/b/pageProcessors/p/hooks/postResponseMap/_scriptId"),
            Shape::Reference(Kind::Script)
        );
    }
}
