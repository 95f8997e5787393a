/*
 * text_words.c - words and phrases. Data only; see text_words.h.
 */
#include "text_words.h"

static const str deeds[] = {
    W("Led"),          W("Built"),      W("Designed"), W("Ran"),       W("Owns"),        W("Introduced"),
    W("Rebuilt"),      W("Launched"),   W("Planned"),  W("Wrote"),     W("Negotiated"),  W("Measured"),
    W("Simplified"),   W("Automated"),  W("Tested"),   W("Coached"),   W("Managed"),     W("Delivered"),
    W("Moved"),        W("Documented"), W("Reviewed"), W("Scaled"),    W("Coordinated"), W("Maintains"),
    W("Supports"),     W("Improved"),   W("Replaced"), W("Audited"),   W("Forecast"),    W("Prototyped"),
    W("Translated"),   W("Organised"),  W("Taught"),   W("Sold"),      W("Closed"),      W("Researched"),
    W("Published"),    W("Presented"),  W("Shipped"),  W("Hired"),     W("Trained"),     W("Retired"),
    W("Consolidated"), W("Monitors"),   W("Restored"), W("Validated"), W("Modelled"),    W("Sketched"),
};
const struct list text_deeds = LIST(deeds);

static const str adjectives[] = {
    W("regional"),        W("distributed"),
    W("seasonal"),        W("resilient"),
    W("internal"),        W("public"),
    W("international"),   W("quarterly"),
    W("real-time"),       W("early-stage"),
    W("open-source"),     W("clinical"),
    W("industrial"),      W("cross-functional"),
    W("customer-facing"), W("data-driven"),
    W("legacy"),          W("modern"),
    W("low-latency"),     W("regulated"),
    W("multilingual"),    W("sustainable"),
    W("accessible"),      W("annual"),
    W("remote"),          W("hybrid"),
    W("municipal"),       W("coastal"),
    W("rural"),           W("urban"),
    W("offline"),         W("mobile"),
    W("automated"),       W("bespoke"),
    W("complex"),         W("critical"),
    W("digital"),         W("efficient"),
    W("ethical"),         W("experimental"),
    W("financial"),       W("global"),
    W("hands-on"),        W("independent"),
    W("inclusive"),       W("innovative"),
    W("local"),           W("long-term"),
    W("marginal"),        W("mature"),
    W("modular"),         W("national"),
    W("operational"),     W("parallel"),
    W("portable"),        W("practical"),
    W("predictive"),      W("reliable"),
    W("scalable"),        W("secure"),
    W("shared"),          W("statistical"),
    W("strategic"),       W("technical"),
};
const struct list text_adjectives = LIST(adjectives);

static const str nouns[] = {
    W("pricing"),    W("logistics"),  W("migration"), W("onboarding"),  W("compliance"), W("payments"),
    W("search"),     W("storage"),    W("network"),   W("warehouse"),   W("battery"),    W("turbine"),
    W("rail"),       W("harbour"),    W("classroom"), W("laboratory"),  W("imaging"),    W("genomics"),
    W("insurance"),  W("mortgage"),   W("retail"),    W("catalogue"),   W("inventory"),  W("procurement"),
    W("recruiting"), W("payroll"),    W("budget"),    W("audit"),       W("security"),   W("identity"),
    W("privacy"),    W("incident"),   W("release"),   W("build"),       W("test"),       W("kernel"),
    W("compiler"),   W("database"),   W("streaming"), W("telemetry"),   W("dashboard"),  W("forecast"),
    W("campaign"),   W("brand"),      W("editorial"), W("podcast"),     W("festival"),   W("museum"),
    W("archive"),    W("charity"),    W("housing"),   W("facade"),      W("bridge"),     W("drainage"),
    W("irrigation"), W("greenhouse"), W("fishery"),   W("forestry"),    W("recycling"),  W("packaging"),
    W("textile"),    W("ceramics"),   W("robotics"),  W("sensor"),      W("firmware"),   W("radio"),
    W("satellite"),  W("mapping"),    W("survey"),    W("policy"),      W("contract"),   W("litigation"),
    W("patent"),     W("franchise"),  W("hotel"),     W("catering"),    W("nursing"),    W("triage"),
    W("therapy"),    W("pharmacy"),   W("vaccine"),   W("trial"),       W("fitness"),    W("coaching"),
    W("mentoring"),  W("curriculum"), W("library"),   W("translation"), W("support"),    W("returns"),
    W("loyalty"),    W("checkout"),   W("fraud"),     W("ledger"),      W("treasury"),   W("tax"),
};
const struct list text_nouns = LIST(nouns);

static const str plurals[] = {
    W("programmes"),  W("teams"),       W("platforms"),    W("services"),   W("pipelines"), W("systems"),
    W("tools"),       W("processes"),   W("studies"),      W("partners"),   W("customers"), W("suppliers"),
    W("projects"),    W("models"),      W("reports"),      W("workshops"),  W("standards"), W("reviews"),
    W("operations"),  W("budgets"),     W("products"),     W("prototypes"), W("libraries"), W("interfaces"),
    W("experiments"), W("guidelines"),  W("portfolios"),   W("accounts"),   W("offices"),   W("stores"),
    W("clinics"),     W("schools"),     W("factories"),    W("fleets"),     W("networks"),  W("records"),
    W("audiences"),   W("campaigns"),   W("negotiations"), W("contracts"),  W("datasets"),  W("dashboards"),
    W("volunteers"),  W("apprentices"), W("engineers"),    W("analysts"),   W("designers"), W("stakeholders"),
};
const struct list text_plurals = LIST(plurals);

static const str links[] = {
    W("for"),        W("with"),      W("across"),  W("and"),        W("behind"),        W("on top of"),
    W("instead of"), W("alongside"), W("between"), W("as well as"), W("in support of"), W("despite"),
};
const struct list text_links = LIST(links);

static const str manners[] = {
    W("working closely with"),  W("reporting to"),    W("with a focus on"), W("learning from"),
    W("in charge of"),          W("responsible for"), W("together with"),   W("within budget for"),
    W("ahead of schedule for"), W("starting from"),   W("inspired by"),     W("on a small team of"),
};
const struct list text_manners = LIST(manners);

static const str mentions[] = {
    W("using"), W("known as"), W("at"), W("for"), W("after"), W("called"), W("built on"), W("together with"),
};
const struct list text_mentions = LIST(mentions);

static const str openings[] = {
    W("Vel"), W("Zan"), W("Qui"), W("Brem"), W("Tor"), W("Ny"),  W("Ostra"), W("Fel"),
    W("Gri"), W("Hux"), W("Jor"), W("Kyl"),  W("Lum"), W("Mav"), W("Pry"),   W("Rho"),
    W("Syl"), W("Tre"), W("Uxo"), W("Wex"),  W("Yth"), W("Aer"), W("Bly"),   W("Cro"),
    W("Dax"), W("Elv"), W("Fyn"), W("Gwa"),  W("Hol"), W("Ixi"), W("Kra"),   W("Zep"),
};
const struct list text_openings = LIST(openings);

static const str syllables[] = {
    W("kor"), W("in"),  W("dra"), W("mel"), W("os"),  W("tu"),  W("vex"), W("ara"), W("bly"), W("cen"),
    W("dox"), W("eth"), W("fio"), W("gam"), W("hel"), W("ix"),  W("jun"), W("kip"), W("lor"), W("mud"),
    W("nex"), W("oph"), W("pli"), W("qua"), W("rus"), W("sta"), W("tam"), W("ulo"), W("vyr"), W("wen"),
    W("xan"), W("yst"), W("zor"), W("bel"), W("cap"), W("dim"), W("elo"), W("fur"), W("gno"), W("hib"),
    W("irk"), W("jal"), W("kev"), W("lix"), W("mop"), W("nar"), W("oby"), W("pux"), W("rem"), W("sig"),
    W("tov"), W("umb"), W("vas"), W("wog"), W("yel"), W("zim"), W("ado"), W("bri"), W("cly"), W("der"),
    W("esk"), W("fam"), W("gil"), W("hov"),
};
const struct list text_syllables = LIST(syllables);

static const str accented[] = {
    W("Passionnée par les systèmes fiables et les équipes bienveillantes."),
    W("J’accompagne les entreprises dans leur transformation numérique."),
    W("Über zehn Jahre Erfahrung in der Qualitätssicherung größerer Anlagen."),
    W("Schwerpunkte: Prozessoptimierung, Schulungen und Übergaben."),
    W("Diseño soluciones sencillas para problemas difíciles."),
    W("Más de ocho años en gestión de operaciones y logística."),
    W("Gosto de construir pontes entre a engenharia e a operação."),
    W("Doświadczenie w zarządzaniu zespołami rozproszonymi."),
    W("Vývoj a údržba vnitřních nástrojů."),
    W("Arbetar med hållbara lösningar för små företag."),
};
static const str cyrillic[] = {
    W("Строю надёжные системы и спокойные команды."),
    W("Десять лет опыта в логистике и планировании поставок."),
    W("Люблю простые решения, понятный код и честные отчёты."),
    W("Відповідаю за якість продукту та навчання колег."),
    W("Працюю з даними, графіками та прогнозами попиту."),
    W("Веду проекты от идеи до запуска."),
};
static const str chinese[] = {
    W("专注于分布式系统与数据平台。"),
    W("十年供应链管理经验。"),
    W("热爱教学，也热爱登山。"),
    W("负责华东地区的客户关系与项目交付。"),
    W("擅长跨部门沟通、预算控制和风险评估。"),
    W("曾参与多个从零到一的产品。"),
};
static const str japanese[] = {
    W("信頼性の高いシステムづくりに取り組んでいます。"), W("物流と在庫管理の改善を担当。"),
    W("小さなチームで大きな課題を解くのが好きです。"),   W("品質保証の経験は十二年。"),
    W("データ分析と教育の両方に関心があります。"),
};
static const str korean[] = {
    W("안정적인 시스템과 좋은 팀을 만듭니다."),
    W("물류와 구매 분야에서 십 년간 일했습니다."),
    W("데이터로 설명하는 것을 좋아합니다."),
    W("교육과 멘토링에 관심이 많습니다."),
};
static const str arabic[] = {
    W("أعمل على بناء أنظمة موثوقة وفرق متعاونة."),
    W("خبرة عشر سنوات في إدارة المشاريع."),
    W("أهتم بالتعليم وتحليل البيانات."),
    W("مسؤول عن العقود والمشتريات."),
};
static const str greek[] = {
    W("Σχεδιάζω απλές λύσεις για δύσκολα προβλήματα."),
    W("Δέκα χρόνια στη διαχείριση έργων."),
    W("Με ενδιαφέρουν τα δεδομένα και η εκπαίδευση."),
};
static const str hindi[] = {
    W("भरोसेमंद प्रणालियाँ और सहयोगी दल बनाना मेरा काम है।"),
    W("परियोजना प्रबंधन में आठ वर्षों का अनुभव।"),
    W("आँकड़ों और शिक्षा में रुचि।"),
};

const struct list text_phrases[ORIGIN_COUNT] = {
    [ORIGIN_ACCENTED] = LIST(accented), [ORIGIN_CYRILLIC] = LIST(cyrillic), [ORIGIN_CHINESE] = LIST(chinese),
    [ORIGIN_JAPANESE] = LIST(japanese), [ORIGIN_KOREAN] = LIST(korean),     [ORIGIN_ARABIC] = LIST(arabic),
    [ORIGIN_GREEK] = LIST(greek),       [ORIGIN_HINDI] = LIST(hindi),
};
