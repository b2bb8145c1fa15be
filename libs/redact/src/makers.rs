//! Owns the table of keys: the prefix of each, or its mark and the position of that, its alphabet, its length and its
//! name.
//! Sources: the makers' documentation, and the lists of public scanners.

use super::class::*;

/// How many bytes follow a prefix.
#[derive(Clone, Copy)]
pub(super) enum Length {
    AtLeast(u8),
    Between(u8, u8),
}
use Length::{AtLeast, Between};

/// A further test that separates a key from a name with the same beginning.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Care {
    /// It is not made of words, see [`is_wordy`].
    Words,
    /// Also, it contains a digit or looks random.
    Digit,
    /// Also, it contains a digit, a lower-case and an upper-case letter, and if it is short it looks random.
    Mixed,
}
use Care::{Digit, Mixed, Words};

pub(super) type Group = (Class, Length, Care, &'static str);

const fn exactly(length: u8) -> Length {
    Between(length, length)
}

/// Prefixes by what follows them. A word with `#` names those that follow it, for the rules of `redaction`; hooks contain
/// no names.
pub(super) const GROUPS: &[Group] = &[
    // Models and services that run them.
    (
        WORD,
        AtLeast(16),
        Words,
        "#anthropic-key sk-ant- #openai-key sk-proj- sk-svcacct- sk-admin- #openrouter-key sk-or- #langfuse-key sk-lf- #openai-key sk-None-",
    ),
    (
        WORD,
        AtLeast(20),
        Digit,
        "#model-key sk- #tavily-key tvly- #together-key tgp_v1_ #langsmith-key lsv2_ ls__ #nvidia-key nvapi- #wandb-key wandb_v1_",
    ),
    (
        ALNUM,
        AtLeast(20),
        Digit,
        "#jina-key jina_ #runpod-key rpa_ #fireworks-key fw_ #cursor-key crsr_ key_ #e2b-key e2b_",
    ),
    (NAME, AtLeast(40), Digit, "#vercel-token vercel_blob_rw_"),
    (
        ALNUM,
        AtLeast(28),
        Digit,
        "#llamacloud-key llx- #xai-key xai- #groq-key gsk_ #perplexity-key pplx- #cerebras-key csk- #replicate-token r8_",
    ),
    (NAME, AtLeast(28), Digit, "#pinecone-key pcsk_"),
    (ALNUM, AtLeast(20), Words, "#model-key sk-"),
    (ALNUM, AtLeast(24), Digit, "#huggingface-token hf_ api_org_ #stainless-key sk_"),
    (HEX, exactly(32), Words, "#firecrawl-key fc- #model-key sk-"),
    (WORD, exactly(43), Mixed, "#voyage-key pa-"),
    (ALNUM, exactly(44), Digit, "#cohere-key ck-"),
    (ALNUM, exactly(22), Mixed, "#modal-token ak- as-"),
    // Source code and packages.
    (WORD, AtLeast(20), Words, "#github-pat ghp_ #github-token gho_ ghu_ ghr_ #github-pat github_pat_"),
    (DOTTED, AtLeast(20), Words, "#github-token ghs_"),
    (
        DOTTED,
        AtLeast(16),
        Words,
        "#gitlab-token glpat- gldt- glrt- glrtr- glptt- glcbt- glft- glsoat- glimt- glagent- gloas- glffct- glwt- GR1348941",
    ),
    (BASE64, AtLeast(32), Digit, "#atlassian-token ATATT3 ATCTT3 ATSTT3 ATBB"),
    (HEX, AtLeast(60), Digit, "#trello-token ATTA"),
    (ALNUM, AtLeast(30), Digit, "#npm-token npm_ #artifactory-key AKCp cmVmdGtu"),
    (WORD, AtLeast(40), Words, "#pypi-token pypi-AgE pypi-"),
    (ALNUM, exactly(32), Mixed, "#crates-token cio"),
    (
        HEX,
        AtLeast(40),
        Digit,
        "#rubygems-key rubygems_ #clojars-token CLOJARS_ #packagist-token packagist_ort_ packagist_uut_ packagist_ack_ #sonar-token sqp_ squ_ sqa_ #buildkite-token bkua_ bkct_ bkaj_ bkpa_ bkpt_",
    ),
    (ALNUM, AtLeast(40), Digit, "#clojars-token CLOJARS_ #buildkite-token bkua_ #nuget-key oy2"),
    (
        WORD,
        AtLeast(20),
        Digit,
        "#docker-token dckr_pat_ #trigger-key tr_dev_ tr_prod_ tr_stg_ tr_pat_ #docker-token dckr_oat_ #circleci-token CCIPAT_ CCIPRJ_ #sourcegraph-token sgp_ sgd_ slk_ #depot-token depot_ #socket-token sktsec_ #wallarm-token wlu_ wlp_ #api-key chpt_ #api-key ctp_",
    ),
    (DOTTED, AtLeast(40), Digit, "#snyk-token snyk_uat. snyk_sat. #jetbrains-token perm: #gitpod-token gitpod_pat_"),
    (BASE64, AtLeast(40), Digit, "#jetbrains-token perm: perm- #confluent-key cflt"),
    // Clouds.
    (UPPER, AtLeast(16), Words, "#aws-access-key AKIA ASIA ABIA ACCA"),
    (
        BASE64,
        AtLeast(80),
        Digit,
        "#aws-bedrock-key ABSK bedrock-api-key- #aws-session-token AQoDYXdz FwoGZXIvYXdz FQoGZXIvYXdz IQoJb3JpZ2lu",
    ),
    (UUID, AtLeast(36), Digit, "#amazon-token amzn.mws. amzn1.application-oa2-client."),
    (WORD, AtLeast(35), Words, "#google-key AIza"),
    (DOTTED, AtLeast(20), Words, "#google-token ya29."),
    (WORD, AtLeast(20), Words, "#google-client-secret GOCSPX-"),
    (WORD, AtLeast(30), Digit, "#google-token 1//0 4/0A"),
    (WORD, AtLeast(100), Mixed, "#firebase-key APA91b"),
    (ESCAPED, AtLeast(60), Digit, "#twitter-token AAAAAAAAAAAAAAAAAAAAA"),
    (ALNUM, Between(12, 26), Mixed, "#alibaba-key LTAI"),
    (ALNUM, Between(28, 40), Mixed, "#tencent-key AKID"),
    (WORD, AtLeast(20), Digit, "#baidu-key ALTAK- #volcengine-key AKLT"),
    (WORD, AtLeast(30), Digit, "#yandex-key AQVN YCM YCN YCO YCP y0_"),
    (DOTTED, AtLeast(60), Digit, "#yandex-key t1."),
    (ALNUM, AtLeast(40), Digit, "#digitalocean-token dop_v1_ doo_v1_ dor_v1_"),
    (
        WORD,
        AtLeast(36),
        Digit,
        "#heroku-key HRKU- #cloudflare-token cfut_ cfat_ cfk_ #vercel-token vcp_ vci_ vca_ vcr_ vck_",
    ),
    (DOTTED, AtLeast(100), Digit, "#cloudflare-token v1.0-"),
    (
        WORD,
        AtLeast(20),
        Digit,
        "#render-key rnd_ #netlify-token nfp_ nfo_ nfc_ nfu_ nfb_ #supabase-key sbp_ sb_secret_ #fly-token fo1_ #cockroach-key CCDB1_ #northflank-token tk-us- #netbird-token nbp_",
    ),
    (BASE64, AtLeast(40), Digit, "#fly-token fm1r_ fm1a_ fm2_"),
    (DOTTED, AtLeast(24), Digit, "#planetscale-token pscale_pw_ pscale_tkn_ pscale_oauth_"),
    (ALNUM, AtLeast(12), Words, "#neon-key npg_"),
    (WORD, AtLeast(18), Words, "#aiven-password AVNS_"),
    (LOWER, AtLeast(48), Digit, "#neon-key napi_"),
    (WORD, AtLeast(32), Digit, "#mongodb-secret mdb_sa_sk_ #dbt-token dbtc_ dbtu_"),
    (UUID, Between(32, 34), Digit, "#databricks-token dapi dkea dose dsapi"),
    (WORD, AtLeast(18), Digit, "#tailscale-key tskey-"),
    (HEX, exactly(40), Digit, "#pulumi-token pul-"),
    (ALNUM, exactly(32), Digit, "#intercom-token ico-"),
    (WORD, AtLeast(43), Mixed, "#openshift-token sha256~"),
    (TYPED, AtLeast(20), Digit, "#docker-swarm-key SWMTKN-1-"),
    (WORD, AtLeast(40), Digit, "#docker-swarm-key SWMTKN-1-"),
    // Secret stores and identity providers.
    (WORD, AtLeast(24), Words, "#vault-token hvs. hvb. hvr."),
    (ALNUM, exactly(24), Mixed, "#vault-token s."),
    (WORD, AtLeast(80), Mixed, "#vault-token b."),
    (DOTTED, AtLeast(38), Digit, "#doppler-token dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dp.said. st."),
    (BASE64, AtLeast(60), Digit, "#onepassword-token ops_eyJ"),
    (TYPED, AtLeast(34), Digit, "#onepassword-key A3-"),
    (
        WORD,
        AtLeast(24),
        Digit,
        "#stytch-secret secret-live- secret-test- project-live- project-test- #authress-key authress_ #zuplo-key zpka_ #unkey-key unkey_",
    ),
    (ALNUM, AtLeast(40), Words, "#age-key AGE-SECRET-KEY-1 AGE-SECRET-KEY-PQ-1"),
    (LOWER, exactly(58), Digit, "#nostr-key nsec1"),
    (ALNUM, AtLeast(100), Mixed, "#wallet-key xprv yprv zprv"),
    (WORD, AtLeast(40), Digit, "#denokv-key dnkey- #veracode-key vera01ei- #license-key signkey- keyauth-"),
    // Messaging.
    (
        BASE64,
        AtLeast(15),
        Digit,
        "#slack-token xoxb- xoxp- xoxa- xoxr- xoxs- xoxc- xoxd- xoxo- xoxe- xoxe. xapp- xwfp-",
    ),
    (ESCAPED, AtLeast(15), Digit, "#slack-token xoxd-"),
    (DOTTED, AtLeast(40), Words, "#sendgrid-key SG."),
    (HEX, exactly(32), Digit, "#twilio-key SK #mailgun-key key- pubkey-"),
    (WORD, AtLeast(40), Digit, "#brevo-key xkeysib- xsmtpsib- #mailersend-token mlsn."),
    (WORD, exactly(22), Mixed, "#mandrill-key md-"),
    (NAME, AtLeast(24), Mixed, "#resend-key re_"),
    (LOWER, exactly(30), Digit, "#twitch-token oauth:"),
    (LOWER, exactly(29), Digit, "#ntfy-token tk_"),
    (WORD, AtLeast(80), Mixed, "#discord-token mfa."),
    (ALNUM, exactly(32), Mixed, "#pushbullet-token o."),
    (TYPED, AtLeast(45), Digit, "#telnyx-key KEY0"),
    (WORD, AtLeast(45), Digit, "#telnyx-key KEY0"),
    // Payment.
    (NAME, AtLeast(16), Words, "#stripe-key sk_live_ sk_test_ sk_org_ sk_prod_ rk_live_ rk_test_ rk_prod_"),
    (BASE64, AtLeast(16), Words, "#webhook-secret whsec_"),
    (WORD, AtLeast(50), Mixed, "#square-token EAAA EAAl"),
    (WORD, AtLeast(20), Digit, "#square-token sq0atp- sq0csp- sandbox-sq0atb- sandbox-sq0csb-"),
    (PARTS, AtLeast(40), Digit, "#paypal-token access_token$production$ access_token$sandbox$"),
    (ALNUM, Between(30, 40), Digit, "#payment-key live_ test_"),
    (WORD, exactly(40), Mixed, "#payment-key live_ sandbox_"),
    (
        WORD,
        AtLeast(30),
        Digit,
        "#flutterwave-key FLWSECK- FLWSECK_TEST- #payment-key pdl_live_ pdl_sdbx_ #plaid-token access-sandbox- access-development- access-production-",
    ),
    (ALNUM, AtLeast(14), Words, "#razorpay-key rzp_live_ rzp_test_"),
    (ALNUM, AtLeast(50), Digit, "#easypost-key EZAK EZTK"),
    (
        WORD,
        AtLeast(30),
        Digit,
        "#shippo-token shippo_live_ shippo_test_ #duffel-token duffel_live_ duffel_test_ #payment-key cal_live_ cal_test_",
    ),
    (BASE64, AtLeast(100), Digit, "#adyen-key AQE #asaas-key aact_"),
    (HEX, AtLeast(32), Digit, "#shopify-token shpat_ shpca_ shppa_ shpss_ shptka_ shpua_ #clickup-token pk_"),
    (TYPED, AtLeast(36), Digit, "#clickup-token pk_"),
    // Collaboration.
    (ALNUM, AtLeast(60), Mixed, "#facebook-token EAA"),
    (ALNUM, exactly(14), Mixed, "#airtable-key key"),
    (ALNUM, AtLeast(10), Words, "#facebook-token EAACEdEose0cBA"),
    (WORD, AtLeast(80), Mixed, "#instagram-token IGQ IGAA"),
    (DOTTED, AtLeast(24), Digit, "#linkedin-secret WPL_AP1. #pinterest-token pina_"),
    (WORD, AtLeast(50), Mixed, "#dropbox-token sl. sl.u. sl.B. #paypal-token A21AA"),
    (
        WORD,
        AtLeast(30),
        Digit,
        "#linear-key lin_api_ lin_oauth_ #figma-token figd_ figu_ figo_ figoh_ figor_ #notion-token ntn_ #postman-key PMAK- PMAT- #apify-token apify_api_ #contentful-token CFPAT- CFPAT-PAT- #readme-key rdme_ #hubspot-token pat-na1- pat-na2- pat-eu1- pat-ap1-",
    ),
    (ALNUM, AtLeast(40), Digit, "#notion-token secret_"),
    (
        DOTTED,
        AtLeast(40),
        Digit,
        "#typeform-token tfp_ #coze-token pat. sat. #shipstation-token shpt. #stackhawk-key hawk. #zoho-token 1000. #contentful-token CFPAT.",
    ),
    (BASE64, AtLeast(40), Digit, "#asana-token dG9rO #salesforce-token 00D"),
    (PARTS, AtLeast(80), Mixed, "#salesforce-token 00D"),
    (WORD, AtLeast(60), Mixed, "#frameio-token fio-u-"),
    (ALNUM, AtLeast(80), Mixed, "#sanity-token sk"),
    // Monitoring.
    (TYPED, AtLeast(24), Digit, "#newrelic-key NRAK- NRAA- NRII- NRRA- NRIQ- NRSP-"),
    (WORD, AtLeast(16), Digit, "#newrelic-key NRJS- NRII- NRIQ- NRRA- NRAK- NRAA-"),
    (
        BASE64,
        AtLeast(40),
        Digit,
        "#sentry-token sntryu_ sntrys_ sntrya_ sntryi_ #grafana-token glc_ #elastic-key essu_ #grafana-token eyJrIjoi",
    ),
    (NAME, AtLeast(32), Digit, "#grafana-token glsa_"),
    (DOTTED, AtLeast(60), Digit, "#dynatrace-token dt0"),
    (
        WORD,
        AtLeast(24),
        Digit,
        "#honeycomb-key hcaik_ hcbik_ hcxik_ hcaic_ hcalk_ hcblk_ hcxlk_ #honeybadger-token hbp_ #api-key pnu_ pnb_ #pagerduty-key pdus+ #axiom-token xaat- xapt- #posthog-key phx_ phs_ phr_ #rootly-token rootly_ #currents-key cu_ #adafruit-key aio_ #retool-key retool_01 #nocodb-token nc_pat_ #browserbase-key bb_live_ #infracost-key inf_",
    ),
    (
        UUID,
        exactly(36),
        Digit,
        "#launchdarkly-key sdk- api- mob- #wakatime-key waka_ #launchdarkly-key rel- #api-key console-",
    ),
    (
        WORD,
        AtLeast(24),
        Digit,
        "#devcycle-key dvc_server_ dvc_client_ #configcat-key configcat-sdk-1/ #pubnub-key sub-c- sec-c- #ubidots-token BBFF- BBUS- #onesignal-key os_v2_app_ os_v2_org_ #scalr-token sm_aat_ sm_pat_ sm_sat_ #splunk-token s-s4t2ud- s-s4t2af- #lichess-token lip_ #sindri-key sindri_ #samsara-token samsara_api_ #persona-key persona_production_ #polar-token polar_oat_ polar_pat_ #jumpcloud-token JDC_ #tines-token tss_ #api-key lma_ lmb_ #n8n-key n8n_api_ #nx-token nx_pat_ #api-key tps_ #patreon-token patk_ #api-key fhb- #adobe-secret p8e- s8e- #gocardless-token gcntfy- #api-key ion_ #canva-secret cnvca",
    ),
    (TYPED, AtLeast(22), Digit, "#octopus-key API-"),
    (DOTTED, AtLeast(60), Mixed, "#mapbox-token sk.eyJ tk.eyJ"),
    // A private key whose armour is base64-encoded again.
    (
        BASE64,
        AtLeast(40),
        Digit,
        "#private-key LS0tLS1CRUdJTiBQUklWQVRF LS0tLS1CRUdJTiBSU0EgUFJJVkFURSB LS0tLS1CRUdJTiBFQyBQUklWQVRF LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUg LS0tLS1CRUdJTiBFTkNSWVBURUQg LS0tLS1CRUdJTiBEU0EgUFJJVkFURSB LS0tLS1CRUdJTiBQR1AgUFJJVkFURSB",
    ),
    // Anyone who knows the URL of a webhook may post to it.
    (
        BASE64,
        AtLeast(20),
        Digit,
        "#slack-webhook hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/ hooks.slack-gov.com/services/ #discord-webhook discord.com/api/webhooks/ discordapp.com/api/webhooks/ #zapier-webhook hooks.zapier.com/hooks/catch/",
    ),
    (
        PARTS,
        AtLeast(40),
        Digit,
        "#teams-webhook webhook.office.com/webhookb2/ outlook.office.com/webhook/ #feishu-webhook open.feishu.cn/open-apis/bot/v2/hook/ open.larksuite.com/open-apis/bot/v2/hook/",
    ),
    (UUID, AtLeast(32), Digit, "#wecom-webhook qyapi.weixin.qq.com/cgi-bin/webhook/send?key="),
    (WORD, AtLeast(20), Digit, "#ifttt-key maker.ifttt.com/use/"),
];

/// A key with a mark inside.
pub(super) struct Mark {
    pub(super) text: &'static [u8],
    pub(super) at: usize,
    pub(super) class: Class,
    pub(super) least: usize,
    pub(super) most: usize,
}

const fn mark(text: &'static str, at: usize, class: Class, least: usize, most: usize) -> Mark {
    Mark { text: text.as_bytes(), at, class, least, most }
}

/// Each of [`MARKS`] begins with at least this many letters and digits.
pub(super) const MARKED: usize = 10;
pub(super) const MARKS: [Mark; 13] = [
    // Azure: keys of services, search and functions, Azure DevOps.
    mark("JQQJ99", 52, ALNUM, 80, 88),
    mark("AZDO", 76, ALNUM, 84, 84),
    mark("AzSe", 42, ALNUM, 52, 52),
    mark("AzFu", 44, BASE64, 54, 58),
    // Terraform Cloud.
    mark(".atlasv1.", 14, DOTTED, 60, 200),
    // RapidAPI, Airtable, MaxMind, New Relic.
    mark("msh", 10, LOWER, 50, 52),
    mark(".", 17, DOTTED, 82, 82),
    mark("_mmk", 36, NAME, 40, 40),
    mark("NRAL", 36, ALNUM, 40, 40),
    // Mailchimp, Mailgun, Zhipu, Ghost.
    mark("-us", 32, WORD, 36, 37),
    mark("-", 32, UUID, 50, 50),
    mark(".", 32, DOTTED, 49, 49),
    mark(":", 24, PARTS, 89, 89),
];
/// The names of [`MARKS`], in the same order.
pub(super) const MARK_NAMES: [&str; MARKS.len()] = [
    "azure-key",
    "azure-devops-token",
    "azure-key",
    "azure-key",
    "terraform-token",
    "rapidapi-key",
    "airtable-token",
    "maxmind-key",
    "newrelic-key",
    "mailchimp-key",
    "mailgun-key",
    "zhipu-key",
    "ghost-key",
];
