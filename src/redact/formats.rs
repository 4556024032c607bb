//! The published shapes of tokens, as data.
//!
//! A shape is a list of pieces with `|` between them. A piece that begins with `%` is a run of characters: a letter for
//! the kind, then how many (`36` exactly, `20+` at least, `8-10` between). Any other piece stands for itself. The kinds
//! are `a` letters and digits, `w` these and `_`, `b` these and `-`, `x` hexadecimal digits, `d` decimal digits, `U`
//! capitals and digits, `l` small letters and digits, `s` base64 and `t` what unquoted tokens are made of.
//!
//! Lengths are shorter than the published ones where the beginning is telling enough: vendors lengthen their tokens, and
//! a cut one is still worth hiding.

/// All shapes, by what they open.
pub(super) const FORMATS: &[&str] = &[
    // Clouds.
    "AKIA|%U16", "ASIA|%U16", "ABIA|%U16", "ACCA|%U16", "ABSK|%s60+", "bedrock-api-key-|%s20+",
    "IQoJb3JpZ2lu|%s30+", "FwoGZXIvYXdz|%s30+", "FQoGZXIvYXdz|%s30+", "amzn.mws.|%b30+", "amzn1.oa2-cs.v1.|%x40+",
    "AIza|%b30+", "ya29.|%t20+", "GOCSPX-|%b20+", "1//0|%b30+", "4/0A|%b30+", "AQ.A|%b30+",
    "LTAI|%a12+", "AKID|%a13+", "AKLT|%s30+", "bce-v3/|%t20+", "AQVN|%b30+", "y0_|%b30+", "t1.9|%t50+", "ocid1.credential.|%t30+",
    "dop_v1_|%x32+", "doo_v1_|%x32+", "dor_v1_|%x32+", "SCW|%U17", "HRKU-|%b20+", "rnd_|%a20+", "fo1_|%b30+",
    "fm1_|%s20+", "fm2_|%s20+", "fm1a_|%s20+", "fm1r_|%s20+", "FlyV1|%t20+", "koyeb_|%a20+", "upcloud_|%a20+", "ucat_|%U20+",
    "vcp_|%w20+", "vci_|%w20+", "vca_|%w20+", "vcr_|%w20+", "vck_|%w20+", "vercel_blob_rw_|%w20+",
    "nfp_|%w30+", "nfc_|%w30+", "nfo_|%w30+", "nfu_|%w30+", "nfb_|%w30+",
    "v1.0-|%x20+|-|%x30+", "cfut_|%w30+", "cfat_|%w30+", "cfk_|%w30+", "eyJhIjoi|%s60+", "CFPAT-|%b30+",
    // Databases and search.
    "sbp_|%w30+", "sb_secret_|%b20+", "pscale_tkn_|%t30+", "pscale_pw_|%t30+", "pscale_oauth_|%t30+", "pscale_app_|%t20+", "napi_|%a30+", "xau_|%a30+",
    "mdb_sa_sk_|%b20+", "AVNS_|%b10+", "CCDB1_|%w20+", "essu_|%s30+", "4b1d|%a38", "pcsk_|%w30+", "p.eyJ|%t30+", "cflt|%t40+",
    "dapi|%x30+", "dkea|%x32", "dosed|%x32", "dbtc_|%t20+", "dbtu_|%t20+", "pnu_|%a30+", "pnb_|%a30+", "fauna_|%s30+", "fnA|%b37+",
    // Forges.
    "ghp_|%w30+", "gho_|%w30+", "ghu_|%w30+", "ghs_|%t30+", "ghr_|%w30+", "github_pat_|%w22+", "v1.|%x40",
    "glpat-|%t18+", "gldt-|%t18+", "glrt-|%t18+", "glrtr-|%t18+", "glcbt-|%t18+", "glptt-|%t18+", "glft-|%t18+", "glimt-|%t18+",
    "glagent-|%t18+", "glsoat-|%t18+", "gloas-|%t18+", "glffct-|%t18+", "glwt-|%t18+", "GR1348941|%b18+",
    "ATBB|%a20+", "ATATT3|%t30+", "ATCTT3|%t30+", "ATSTT3|%t30+", "ATTA|%a40+", "BBDC-|%s30+", "sgp_|%w30+", "slk_|%w30+", "sgs_|%w30+",
    "gta_|%x30+", "agp_|%a40+",
    // Builds, packages, infrastructure.
    "CCIPAT_|%w20+", "CCIPRJ_|%w20+", "bkua_|%x30+", "bkpt_|%x30+", "bkcq_|%x30+", "bkct_|%x30+", "dckr_pat_|%b18+", "dckr_oat_|%b18+", "snyk_uat.|%t30+", "snyk_sat.|%t30+",
    "squ_|%x32+", "sqp_|%x32+", "sqa_|%x32+", "AKCp|%a50+", "cmVmdGtuO|%s40+", "cio|%a32", "oy2|%l43", "rubygems_|%x32+",
    "pypi-|%b30+", "npm_|%w30+", "NpmToken.|%b30+", "packagist_|%w30+", "CLOJARS_|%x40+", "jsrt_|%w20+", "jsrd_|%w20+", "ddp_|%w30+", "ddo_|%w30+",
    "pul-|%x32+", "%a14|.atlasv1.|%b40+", "dp.pt.|%a30+", "dp.st.|%t30+", "dp.sa.|%a30+", "dp.ct.|%a30+", "dp.scim.|%a30+", "dp.audit.|%a30+",
    "ops_eyJ|%b40+", "A3-|%U6|-|%U6|-|%U5|-|%U5|-|%U5|-|%U5", "A3-|%U6|-|%U11|-|%U5|-|%U5|-|%U5", "hvs.|%b18+", "hvb.|%b18+", "hvr.|%b18+", "s.|%a24", "b.|%a60+", "at_|%a10|_s1|%a30+",
    "AGE-SECRET-KEY-1|%U40+", "AGE-SECRET-KEY-PQ-1|%U40+", "sha256~|%b30+", "K10|%x50+|::|%t10+", "K10|%x50+|::|%w2+|:|%t20+", "token-|%l5|:|%l40+", "kubeconfig-u-|%l5+|:|%l40+",
    "tskey-|%b15+", "nbp_|%a30+", "dnkey-|%t20+", "pat.|%b15+|.|%a15+|.|%a15+", "API-|%U25+", "ico-|%a32", "tk-us-|%b30+", "PMAK-|%x20+|-|%x20+",
    "lsv2_pt_|%w30+", "lsv2_sk_|%w30+", "e2b_|%x30+", "waka_|%b30+", "sm_aat_|%a16+", "sm_pat_|%a16+", "zpka_|%w30+",
    "signkey-|%b30+", "tr_dev_|%a20+", "tr_prod_|%a20+", "st.|%x20+|.|%x20+|.|%x20+", "0.|%b36|.|%a20+|:|%s20+",
    // Models.
    "sk-ant-|%b20+", "sk-proj-|%b20+", "sk-svcacct-|%b20+", "sk-admin-|%b20+", "sk-or-|%b20+", "sk-lf-|%b20+", "sk-None-|%b20+", "sk-|%b20+", "sess-|%a30+",
    "gsk_|%a20+", "xai-|%a20+", "pplx-|%a20+", "hf_|%a28+", "api_org_|%a28+", "r8_|%a28+", "nvapi-|%b30+", "fw_|%a20+", "tgp_v1_|%b30+", "csk-|%a30+",
    "cpk_|%t30+", "pa-|%b40+", "sk_|%x32+", "sk_car_|%b15+", "tvly-|%b20+", "fc-|%x32", "jina_|%w30+", "rpa_|%a30+", "ak-|%a22", "as-|%a22", "glhf_|%x30+",
    "key_|%x40+", "bfl_|%b20+", "sk_V2_|%w20+", "ms-|%x32|-|%t8+", "psk-|%b20+", "co-|%a38+", "esk_|%b20+",
    // Chat and social.
    "xoxb-|%b10+", "xoxp-|%b10+", "xoxa-|%b10+", "xoxr-|%b10+", "xoxs-|%b10+", "xoxo-|%b10+", "xoxc-|%b10+", "xoxd-|%t20+", "xoxe-|%b10+", "xoxe.|%t20+", "xapp-|%b20+", "xwfp-|%b20+",
    "mfa.|%b60+", "syt_|%w20+", "mct_|%w20+", "EAA|%a50+", "EAA|%b60+", "IGQ|%w50+", "IGAA|%w50+", "oauth:|%l30", "AAAAAAAAAAAAAAAAAAAA|%t30+", "WPL_AP|%t20+", "vk1.a.|%b40+", "sl.|%t60+", "dG9rO|%s30+",
    "RGAPI-|%b30+", "GG-|%x30+",
    // Work tools.
    "secret_|%a32+", "ntn_|%a32+", "lin_api_|%a28+", "lin_oauth_|%a28+", "lin_wh_|%a28+", "1/|%d10+|:|%x32", "2/|%d10+|/|%d10+|:|%x32", "pat|%a14|.|%x50+", "figd_|%b30+", "figo_|%b30+", "figu_|%b30+",
    "pk_|%d6+|_|%U32", "pat-na1-|%b30+", "pat-na2-|%b30+", "pat-eu1-|%b30+", "tfp_|%t30+", "00D|%a12+|!|%t50+", "rdme_|%l50+", "fio-u-|%b40+", "PDUA|%t30+", "secret-live-|%t20+", "secret-test-|%t20+",
    "vtwn_|%a20+", "cal_live_|%a20+", "cal_|%x30+", "sk.eyJ|%t30+", "aio_|%a26+", "s-s4t2ud-|%x40+", "%a6|_|%a29|_mmk", "frsh_|%a20+", "ory_at_|%t30+", "ory_pat_|%t20+", "ory_rt_|%t30+",
    // Mail.
    "SG.|%b16+|.|%b30+", "key-|%x32", "pubkey-|%x32", "%x32|-|%x8|-|%x8", "%x32|-us|%d1-2", "md-|%b22", "xkeysib-|%x40+|-|%a12+", "xsmtpsib-|%x40+|-|%a12+", "re_|%a8|_|%a20+", "re_|%w28+", "mlsn.|%x40+", "pk_|%x34",
    // Payment and commerce.
    "sk_live_|%b16+", "sk_test_|%b16+", "rk_live_|%b16+", "rk_test_|%b16+", "sk_org_|%w20+", "sk_prod_|%b20+", "sk_dev_|%b20+", "sk_sandbox_|%b20+", "sk_sbox_|%l20+", "whsec_|%s20+", "ek_live_|%a20+", "ek_test_|%a20+",
    "sq0atp-|%b20+", "sq0csp-|%b30+", "EAAA|%b50+", "access_token$production$|%l10+|$|%x32", "access_token$sandbox$|%l10+|$|%x32", "A21AA|%b50+", "AQE|%s50+",
    "rzp_live_|%a14+", "rzp_test_|%a14+", "access-production-|%b30+", "access-sandbox-|%b30+", "access-development-|%b30+", "FLWSECK-|%x30+|-X", "FLWSECK_TEST-|%b30+", "live_|%b30+", "test_|%b30+",
    "pdl_live_|%w20+", "pdl_sdbx_|%w20+", "shpat_|%x30+", "shpca_|%x30+", "shppa_|%x30+", "shpss_|%x30+", "shpua_|%x30+", "shptka_|%x30+", "shippo_live_|%x30+", "shippo_test_|%x30+", "EZAK|%a50+", "EZTK|%a50+",
    "duffel_live_|%b30+", "duffel_test_|%b30+", "ck_|%x40", "cs_|%x40", "APP_USR-|%b40+", "prv_|%w20+", "sk_us_|%w20+",
    // Telephony.
    "SK|%x32",
    // Observability.
    "glsa_|%w25+", "glc_|%s30+", "eyJrIjoi|%s40+", "NRAK-|%U20+", "NRJS-|%x19", "NRII-|%b28+", "NRIQ-|%b28+", "NRRA-|%x40+", "NRSP-|%t20+", "NRAA-|%x20+", "%x36|NRAL", "%x36|FFFFNRAL",
    "sntrys_|%t40+", "sntryu_|%x40+", "sntrya_|%x40+", "hcaik_|%a30+", "hcbik_|%a30+", "hcaic_|%a30+", "hcxik_|%a30+", "hcamk_|%t30+", "hcxmk_|%t30+",
    "dt0c01.|%U20+|.|%U30+", "dt0s01.|%t30+", "dt0s02.|%t30+", "dt0s16.|%t30+", "dt0e01.|%t30+", "phx_|%a30+", "phs_|%a30+", "sdk-|%x8|-|%x4|-|%x4|-|%x4|-|%x12", "api-|%x8|-|%x4|-|%x4|-|%x4|-|%x12", "xaat-|%b30+", "xapt-|%b30+", "cu_|%x30+", "secret-|%a30+",
    "u|%d6-8|-|%x24", "m|%d6-10|-|%x24", "ddapp_|%a30+", "ddapi_|%a30+", "ddpat_|%t30+", "cxtp_|%a20+", "cxup_|%a20+", "up:yeah:|%a20+", "lgsk_|%t20+",
];

/// Parts of addresses after which the rest of the path is a secret: whoever knows it may post.
pub(super) const SECRET_PATHS: &[&str] = &[
    "hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/",
    "/IncomingWebhook/", "webhook.office.com/webhookb2/", "hooks.zapier.com/hooks/catch/", "maker.ifttt.com/use/", "/with/key/", "api.telegram.org/bot", "hc-ping.com/",
    "hook.us1.make.com/", "hook.eu1.make.com/", "hook.eu2.make.com/", "webhooks.mongodb-realm.com/", "open.feishu.cn/open-apis/bot/v2/hook/", "events.pagerduty.com/integration/",
    "outlook.office.com/webhook/",
];
