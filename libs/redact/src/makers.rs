//! Owns the table of keys: the prefix of each, or its mark and the position of that, its alphabet and its length.
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

/// Prefixes by what follows them.
pub(super) const GROUPS: &[Group] = &[
    // Models and services that run them.
    (WORD, AtLeast(16), Words, "sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or- sk-lf- sk-None-"),
    (WORD, AtLeast(20), Digit, "sk- tvly- tgp_v1_ lsv2_ ls__ nvapi- wandb_v1_"),
    (ALNUM, AtLeast(20), Digit, "jina_ rpa_ fw_ crsr_ key_ e2b_"),
    (NAME, AtLeast(40), Digit, "vercel_blob_rw_"),
    (ALNUM, AtLeast(28), Digit, "llx- xai- gsk_ pplx- csk- r8_"),
    (NAME, AtLeast(28), Digit, "pcsk_"),
    (ALNUM, AtLeast(20), Words, "sk-"),
    (ALNUM, AtLeast(24), Digit, "hf_ api_org_ sk_"),
    (HEX, exactly(32), Words, "fc- sk-"),
    (WORD, exactly(43), Mixed, "pa-"),
    (ALNUM, exactly(44), Digit, "ck-"),
    (ALNUM, exactly(22), Mixed, "ak- as-"),
    // Source code and packages.
    (WORD, AtLeast(20), Words, "ghp_ gho_ ghu_ ghr_ github_pat_"),
    (DOTTED, AtLeast(20), Words, "ghs_"),
    (
        DOTTED,
        AtLeast(16),
        Words,
        "glpat- gldt- glrt- glrtr- glptt- glcbt- glft- glsoat- glimt- glagent- gloas- glffct- glwt- GR1348941",
    ),
    (BASE64, AtLeast(32), Digit, "ATATT3 ATCTT3 ATSTT3 ATBB"),
    (HEX, AtLeast(60), Digit, "ATTA"),
    (ALNUM, AtLeast(30), Digit, "npm_ AKCp cmVmdGtu"),
    (WORD, AtLeast(40), Words, "pypi-AgE pypi-"),
    (ALNUM, exactly(32), Mixed, "cio"),
    (
        HEX,
        AtLeast(40),
        Digit,
        "rubygems_ CLOJARS_ packagist_ort_ packagist_uut_ packagist_ack_ sqp_ squ_ sqa_ bkua_ bkct_ bkaj_ bkpa_ bkpt_",
    ),
    (ALNUM, AtLeast(40), Digit, "CLOJARS_ bkua_ oy2"),
    (
        WORD,
        AtLeast(20),
        Digit,
        "dckr_pat_ tr_dev_ tr_prod_ tr_stg_ tr_pat_ dckr_oat_ CCIPAT_ CCIPRJ_ sgp_ sgd_ slk_ depot_ sktsec_ wlu_ wlp_ chpt_ ctp_",
    ),
    (DOTTED, AtLeast(40), Digit, "snyk_uat. snyk_sat. perm: gitpod_pat_"),
    (BASE64, AtLeast(40), Digit, "perm: perm- cflt"),
    // Clouds.
    (UPPER, AtLeast(16), Words, "AKIA ASIA ABIA ACCA"),
    (BASE64, AtLeast(80), Digit, "ABSK bedrock-api-key- AQoDYXdz FwoGZXIvYXdz FQoGZXIvYXdz IQoJb3JpZ2lu"),
    (UUID, AtLeast(36), Digit, "amzn.mws. amzn1.application-oa2-client."),
    (WORD, AtLeast(35), Words, "AIza"),
    (DOTTED, AtLeast(20), Words, "ya29."),
    (WORD, AtLeast(20), Words, "GOCSPX-"),
    (WORD, AtLeast(30), Digit, "1//0 4/0A"),
    (WORD, AtLeast(100), Mixed, "APA91b"),
    (ESCAPED, AtLeast(60), Digit, "AAAAAAAAAAAAAAAAAAAAA"),
    (ALNUM, Between(12, 26), Mixed, "LTAI"),
    (ALNUM, Between(28, 40), Mixed, "AKID"),
    (WORD, AtLeast(20), Digit, "ALTAK- AKLT"),
    (WORD, AtLeast(30), Digit, "AQVN YCM YCN YCO YCP y0_"),
    (DOTTED, AtLeast(60), Digit, "t1."),
    (ALNUM, AtLeast(40), Digit, "dop_v1_ doo_v1_ dor_v1_"),
    (WORD, AtLeast(36), Digit, "HRKU- cfut_ cfat_ cfk_ vcp_ vci_ vca_ vcr_ vck_"),
    (DOTTED, AtLeast(100), Digit, "v1.0-"),
    (WORD, AtLeast(20), Digit, "rnd_ nfp_ nfo_ nfc_ nfu_ nfb_ sbp_ sb_secret_ fo1_ CCDB1_ tk-us- nbp_"),
    (BASE64, AtLeast(40), Digit, "fm1r_ fm1a_ fm2_"),
    (DOTTED, AtLeast(24), Digit, "pscale_pw_ pscale_tkn_ pscale_oauth_"),
    (ALNUM, AtLeast(12), Words, "npg_"),
    (WORD, AtLeast(18), Words, "AVNS_"),
    (LOWER, AtLeast(48), Digit, "napi_"),
    (WORD, AtLeast(32), Digit, "mdb_sa_sk_ dbtc_ dbtu_"),
    (UUID, Between(32, 34), Digit, "dapi dkea dose dsapi"),
    (WORD, AtLeast(18), Digit, "tskey-"),
    (HEX, exactly(40), Digit, "pul-"),
    (ALNUM, exactly(32), Digit, "ico-"),
    (WORD, AtLeast(43), Mixed, "sha256~"),
    (TYPED, AtLeast(20), Digit, "SWMTKN-1-"),
    (WORD, AtLeast(40), Digit, "SWMTKN-1-"),
    // Secret stores and identity providers.
    (WORD, AtLeast(24), Words, "hvs. hvb. hvr."),
    (ALNUM, exactly(24), Mixed, "s."),
    (WORD, AtLeast(80), Mixed, "b."),
    (DOTTED, AtLeast(38), Digit, "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dp.said. st."),
    (BASE64, AtLeast(60), Digit, "ops_eyJ"),
    (TYPED, AtLeast(34), Digit, "A3-"),
    (WORD, AtLeast(24), Digit, "secret-live- secret-test- project-live- project-test- authress_ zpka_ unkey_"),
    (ALNUM, AtLeast(40), Words, "AGE-SECRET-KEY-1 AGE-SECRET-KEY-PQ-1"),
    (LOWER, exactly(58), Digit, "nsec1"),
    (ALNUM, AtLeast(100), Mixed, "xprv yprv zprv"),
    (WORD, AtLeast(40), Digit, "dnkey- vera01ei- signkey- keyauth-"),
    // Messaging.
    (BASE64, AtLeast(15), Digit, "xoxb- xoxp- xoxa- xoxr- xoxs- xoxc- xoxd- xoxo- xoxe- xoxe. xapp- xwfp-"),
    (ESCAPED, AtLeast(15), Digit, "xoxd-"),
    (DOTTED, AtLeast(40), Words, "SG."),
    (HEX, exactly(32), Digit, "SK key- pubkey-"),
    (WORD, AtLeast(40), Digit, "xkeysib- xsmtpsib- mlsn."),
    (WORD, exactly(22), Mixed, "md-"),
    (NAME, AtLeast(24), Mixed, "re_"),
    (LOWER, exactly(30), Digit, "oauth:"),
    (LOWER, exactly(29), Digit, "tk_"),
    (WORD, AtLeast(80), Mixed, "mfa."),
    (ALNUM, exactly(32), Mixed, "o."),
    (TYPED, AtLeast(45), Digit, "KEY0"),
    (WORD, AtLeast(45), Digit, "KEY0"),
    // Payment.
    (NAME, AtLeast(16), Words, "sk_live_ sk_test_ sk_org_ sk_prod_ rk_live_ rk_test_ rk_prod_"),
    (BASE64, AtLeast(16), Words, "whsec_"),
    (WORD, AtLeast(50), Mixed, "EAAA EAAl"),
    (WORD, AtLeast(20), Digit, "sq0atp- sq0csp- sandbox-sq0atb- sandbox-sq0csb-"),
    (PARTS, AtLeast(40), Digit, "access_token$production$ access_token$sandbox$"),
    (ALNUM, Between(30, 40), Digit, "live_ test_"),
    (WORD, exactly(40), Mixed, "live_ sandbox_"),
    (
        WORD,
        AtLeast(30),
        Digit,
        "FLWSECK- FLWSECK_TEST- pdl_live_ pdl_sdbx_ access-sandbox- access-development- access-production-",
    ),
    (ALNUM, AtLeast(14), Words, "rzp_live_ rzp_test_"),
    (ALNUM, AtLeast(50), Digit, "EZAK EZTK"),
    (WORD, AtLeast(30), Digit, "shippo_live_ shippo_test_ duffel_live_ duffel_test_ cal_live_ cal_test_"),
    (BASE64, AtLeast(100), Digit, "AQE aact_"),
    (HEX, AtLeast(32), Digit, "shpat_ shpca_ shppa_ shpss_ shptka_ shpua_ pk_"),
    (TYPED, AtLeast(36), Digit, "pk_"),
    // Collaboration.
    (ALNUM, AtLeast(60), Mixed, "EAA"),
    (ALNUM, exactly(14), Mixed, "key"),
    (ALNUM, AtLeast(10), Words, "EAACEdEose0cBA"),
    (WORD, AtLeast(80), Mixed, "IGQ IGAA"),
    (DOTTED, AtLeast(24), Digit, "WPL_AP1. pina_"),
    (WORD, AtLeast(50), Mixed, "sl. sl.u. sl.B. A21AA"),
    (
        WORD,
        AtLeast(30),
        Digit,
        "lin_api_ lin_oauth_ figd_ figu_ figo_ figoh_ figor_ ntn_ PMAK- PMAT- apify_api_ CFPAT- CFPAT-PAT- rdme_ pat-na1- pat-na2- pat-eu1- pat-ap1-",
    ),
    (ALNUM, AtLeast(40), Digit, "secret_"),
    (DOTTED, AtLeast(40), Digit, "tfp_ pat. sat. shpt. hawk. 1000. CFPAT."),
    (BASE64, AtLeast(40), Digit, "dG9rO 00D"),
    (PARTS, AtLeast(80), Mixed, "00D"),
    (WORD, AtLeast(60), Mixed, "fio-u-"),
    (ALNUM, AtLeast(80), Mixed, "sk"),
    // Monitoring.
    (TYPED, AtLeast(24), Digit, "NRAK- NRAA- NRII- NRRA- NRIQ- NRSP-"),
    (WORD, AtLeast(16), Digit, "NRJS- NRII- NRIQ- NRRA- NRAK- NRAA-"),
    (BASE64, AtLeast(40), Digit, "sntryu_ sntrys_ sntrya_ sntryi_ glc_ essu_ eyJrIjoi"),
    (NAME, AtLeast(32), Digit, "glsa_"),
    (DOTTED, AtLeast(60), Digit, "dt0"),
    (
        WORD,
        AtLeast(24),
        Digit,
        "hcaik_ hcbik_ hcxik_ hcaic_ hcalk_ hcblk_ hcxlk_ hbp_ pnu_ pnb_ pdus+ xaat- xapt- phx_ phs_ phr_ rootly_ cu_ aio_ retool_01 nc_pat_ bb_live_ inf_",
    ),
    (UUID, exactly(36), Digit, "sdk- api- mob- waka_ rel- console-"),
    (
        WORD,
        AtLeast(24),
        Digit,
        "dvc_server_ dvc_client_ configcat-sdk-1/ sub-c- sec-c- BBFF- BBUS- os_v2_app_ os_v2_org_ sm_aat_ sm_pat_ sm_sat_ s-s4t2ud- s-s4t2af- lip_ sindri_ samsara_api_ persona_production_ polar_oat_ polar_pat_ JDC_ tss_ lma_ lmb_ n8n_api_ nx_pat_ tps_ patk_ fhb- p8e- s8e- gcntfy- ion_ cnvca",
    ),
    (TYPED, AtLeast(22), Digit, "API-"),
    (DOTTED, AtLeast(60), Mixed, "sk.eyJ tk.eyJ"),
    // A private key whose armour is base64-encoded again.
    (
        BASE64,
        AtLeast(40),
        Digit,
        "LS0tLS1CRUdJTiBQUklWQVRF LS0tLS1CRUdJTiBSU0EgUFJJVkFURSB LS0tLS1CRUdJTiBFQyBQUklWQVRF LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUg LS0tLS1CRUdJTiBFTkNSWVBURUQg LS0tLS1CRUdJTiBEU0EgUFJJVkFURSB LS0tLS1CRUdJTiBQR1AgUFJJVkFURSB",
    ),
    // Anyone who knows the URL of a webhook may post to it.
    (
        BASE64,
        AtLeast(20),
        Digit,
        "hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/ hooks.slack-gov.com/services/ discord.com/api/webhooks/ discordapp.com/api/webhooks/ hooks.zapier.com/hooks/catch/",
    ),
    (
        PARTS,
        AtLeast(40),
        Digit,
        "webhook.office.com/webhookb2/ outlook.office.com/webhook/ open.feishu.cn/open-apis/bot/v2/hook/ open.larksuite.com/open-apis/bot/v2/hook/",
    ),
    (UUID, AtLeast(32), Digit, "qyapi.weixin.qq.com/cgi-bin/webhook/send?key="),
    (WORD, AtLeast(20), Digit, "maker.ifttt.com/use/"),
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
