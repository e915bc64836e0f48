//! Enterprises with their products and the services of those; and which of them an account may see.

use schemars::JsonSchema;
use serde::Serialize;

use super::model::Enterprise;
use crate::{
    features::{
        licenses::sight::CatalogueSight,
        master_data::{self, LinkedName},
        products::Catalogue,
    },
    guard::{Granted, actions::MasterDataRead},
    ids::{EnterpriseId, ProductKind, ServiceKind},
    page::{Page, PageQuery},
    plane::Plane,
    ports::table::{Key, Position},
    problem::{Problem, Result},
    record::{Record as _, Stored, decode},
    text::{Name, fold},
};

/// An enterprise as the API shows it: with its products and their services.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnterpriseView {
    #[serde(flatten)]
    pub(super) enterprise: Enterprise,
    /// The products it is linked to, with their services.
    pub(super) products: Vec<LinkedProduct>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LinkedProduct {
    #[serde(flatten)]
    product: LinkedName<ProductKind>,
    services: Vec<LinkedName<ServiceKind>>,
}

impl EnterpriseView {
    /// How many things it names.
    fn breadth(&self) -> usize {
        1 + self.products.iter().map(|product| 1 + product.services.len()).sum::<usize>()
    }
}

/// A page of enterprises names at most about this many things; one that would name more is cut short.
const BROADEST_PAGE: usize = 20_000;

impl Plane {
    pub(super) async fn enterprise_view(
        &self,
        catalogue: &mut Catalogue,
        sight: &CatalogueSight,
        mut enterprise: Enterprise,
    ) -> Result<EnterpriseView> {
        enterprise.product_ids.retain(|id| sight.sees_product(*id));
        let products = catalogue.products(self, &enterprise.product_ids).await?;
        enterprise.product_ids = products.iter().map(|view| view.product.id).collect();
        let linked = products
            .into_iter()
            .map(|view| view.within(sight))
            .map(|view| LinkedProduct { product: LinkedName::of(&view.product), services: view.services });
        Ok(EnterpriseView { enterprise, products: linked.collect() })
    }

    /// An enterprise that the caller may see: operators all, others their own.
    pub(super) async fn visible_enterprise(
        &self,
        who: &Granted<MasterDataRead>,
        id: EnterpriseId,
    ) -> Result<(Stored<Enterprise>, CatalogueSight)> {
        let sight = self.catalogue_sight(who).await?;
        if !sight.sees_enterprise(id) {
            return Err(Problem::not_found(Enterprise::NOUN));
        }
        Ok((self.master(id).await?, sight))
    }

    /// A page of the enterprises that the caller may see, by name.
    pub(super) async fn visible_enterprises(
        &self,
        who: &Granted<MasterDataRead>,
        page: &PageQuery,
        name: Option<&Name>,
    ) -> Result<Page<EnterpriseView>> {
        let sight = self.catalogue_sight(who).await?;
        if let CatalogueSight::Licensed { enterprises, .. } = &sight {
            let licensed: Vec<EnterpriseId> = enterprises.iter().copied().collect();
            return licensed_page(self, who, &sight, &licensed, page, name).await;
        }
        let rows = self.master_page::<Enterprise>(page, name).await?;
        let mut catalogue = Catalogue::default();
        let (mut views, mut breadth) = (Vec::new(), 0);
        for (place, item) in rows.items.iter().enumerate() {
            let view = self.enterprise_view(&mut catalogue, &sight, decode::<Enterprise>(item)?.record).await?;
            breadth += view.breadth();
            views.push(view);
            if breadth >= BROADEST_PAGE && place + 1 < rows.items.len() {
                let position = Position { key: item.key.clone(), index: item.index[0].clone() };
                return Ok(Page::of(&views, Some(self.master_cursor::<Enterprise>(name, &position))));
            }
        }
        Ok(Page::of(&views, rows.next_cursor))
    }
}

async fn licensed_page(
    plane: &Plane,
    who: &Granted<MasterDataRead>,
    sight: &CatalogueSight,
    licensed: &[EnterpriseId],
    page: &PageQuery,
    name: Option<&Name>,
) -> Result<Page<EnterpriseView>> {
    let of = format!("enterprises of {} {:?}", who.account(), name.map(Name::as_str));
    let after = page.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?;
    let found = plane.masters::<Enterprise>(licensed).await?;
    let wanted = |one: &Enterprise| name.is_none_or(|name| fold(one.name.as_str()).starts_with(&fold(name.as_str())));
    let mut enterprises: Vec<(Key, Enterprise)> = found
        .into_values()
        .filter(|one| wanted(one))
        .map(|stored| (master_data::list_key(&stored.record), stored.record))
        .collect();
    enterprises.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(Position { key, .. }) = after {
        enterprises.retain(|(here, _)| *here > key);
    }
    let mut catalogue = Catalogue::default();
    let (mut views, mut breadth) = (Vec::new(), 0);
    let mut rest = enterprises.into_iter().peekable();
    while let Some((key, enterprise)) = rest.next() {
        let view = plane.enterprise_view(&mut catalogue, sight, enterprise).await?;
        breadth += view.breadth();
        views.push(view);
        let full = views.len() == page.limit.get() || breadth >= BROADEST_PAGE;
        if full && rest.peek().is_some() {
            return Ok(Page::of(&views, Some(plane.cursors().seal(&of, &Position { key, index: None }))));
        }
    }
    Ok(Page::of(&views, None))
}
