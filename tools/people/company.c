/*
 * company.c - a company's name, numbers and seat. Contract in company.h.
 *
 * A name is three words and, past the first 2^17 companies, a series number. The words are a shuffle of
 * the index's low 17 bits, so no two companies share a name and none of that needs to be remembered.
 */
#include "company.h"

#include "permute.h"
#include "unicode.h"
#include "work.h"

/* Shown form, and ASCII form. The domain takes the lower case of the shown form where its letters have
 * one, which makes a few domains internationalised. */
#define N(shown, ascii)                                                                                      \
    {                                                                                                        \
        W(shown), W(ascii)                                                                                   \
    }

enum { FIRST_BITS = 6, SECOND_BITS = 6, LAST_BITS = 5, NAME_BITS = 17, UNKNOWN_BITS = 2 };

static const struct name_part first_words[1 << FIRST_BITS] = {
    N("Larkspur", "larkspur"),
    N("Quillmark", "quillmark"),
    N("Fernhollow", "fernhollow"),
    N("Northlight", "northlight"),
    N("Saltmere", "saltmere"),
    N("Ironvale", "ironvale"),
    N("Copperfin", "copperfin"),
    N("Marigold", "marigold"),
    N("Thornbury", "thornbury"),
    N("Velvetine", "velvetine"),
    N("Bluewick", "bluewick"),
    N("Sandpiper", "sandpiper"),
    N("Oakhaven", "oakhaven"),
    N("Pinecrest", "pinecrest"),
    N("Riverton", "riverton"),
    N("Stonegate", "stonegate"),
    N("Amberlane", "amberlane"),
    N("Brightfold", "brightfold"),
    N("Cedarline", "cedarline"),
    N("Driftway", "driftway"),
    N("Elmstead", "elmstead"),
    N("Foxglove", "foxglove"),
    N("Goldcrest", "goldcrest"),
    N("Harrowby", "harrowby"),
    N("Inkwell", "inkwell"),
    N("Juniper", "juniper"),
    N("Kestrel", "kestrel"),
    N("Lanternfish", "lanternfish"),
    N("Mossbank", "mossbank"),
    N("Nettlecombe", "nettlecombe"),
    N("Orchardside", "orchardside"),
    N("Pebblebrook", "pebblebrook"),
    N("Quayside", "quayside"),
    N("Rookwood", "rookwood"),
    N("Silverbirch", "silverbirch"),
    N("Tidewater", "tidewater"),
    N("Underhill", "underhill"),
    N("Wayfarer", "wayfarer"),
    N("Yarrow", "yarrow"),
    N("Zephyrine", "zephyrine"),
    N("Ashgrove", "ashgrove"),
    N("Bramble", "bramble"),
    N("Cloverfield", "cloverfield"),
    N("Dunlin", "dunlin"),
    N("Embercroft", "embercroft"),
    N("Fieldfare", "fieldfare"),
    N("Greywether", "greywether"),
    N("Heronsgate", "heronsgate"),
    N("Islewood", "islewood"),
    N("Jackdaw", "jackdaw"),
    N("Kingcup", "kingcup"),
    N("Lowmoor", "lowmoor"),
    N("Merrow", "merrow"),
    N("Nightjar", "nightjar"),
    N("Osprey", "osprey"),
    N("Plover", "plover"),
    N("Redstart", "redstart"),
    N("Skylark", "skylark"),
    N("Teasel", "teasel"),
    N("Whimbrel", "whimbrel"),
    N("Bücherei", "buecherei"),
    N("Señal", "senal"),
    N("Forêt", "foret"),
    N("Маяк", "mayak"),
};

static const struct name_part second_words[1 << SECOND_BITS] = {
    N("Data", "data"),         N("Cloud", "cloud"),   N("Bio", "bio"),         N("Energy", "energy"),
    N("Marine", "marine"),     N("Rail", "rail"),     N("Agri", "agri"),       N("Health", "health"),
    N("Legal", "legal"),       N("Media", "media"),   N("Food", "food"),       N("Textile", "textile"),
    N("Paper", "paper"),       N("Steel", "steel"),   N("Glass", "glass"),     N("Timber", "timber"),
    N("Water", "water"),       N("Solar", "solar"),   N("Wind", "wind"),       N("Sound", "sound"),
    N("Vision", "vision"),     N("Print", "print"),   N("Craft", "craft"),     N("Play", "play"),
    N("Travel", "travel"),     N("Home", "home"),     N("Garden", "garden"),   N("Street", "street"),
    N("Harbour", "harbour"),   N("Bridge", "bridge"), N("Signal", "signal"),   N("Sensor", "sensor"),
    N("Motor", "motor"),       N("Cargo", "cargo"),   N("Parcel", "parcel"),   N("Ledger", "ledger"),
    N("Credit", "credit"),     N("Market", "market"), N("Brand", "brand"),     N("Talent", "talent"),
    N("Learning", "learning"), N("Campus", "campus"), N("Clinic", "clinic"),   N("Pharma", "pharma"),
    N("Dental", "dental"),     N("Pet", "pet"),       N("Sport", "sport"),     N("Music", "music"),
    N("Film", "film"),         N("Game", "game"),     N("Chip", "chip"),       N("Robot", "robot"),
    N("Drone", "drone"),       N("Space", "space"),   N("Map", "map"),         N("Search", "search"),
    N("Crypto", "crypto"),     N("Secure", "secure"), N("Green", "green"),     N("Urban", "urban"),
    N("Rural", "rural"),       N("Alpine", "alpine"), N("Coastal", "coastal"), N("Polar", "polar"),
};

static const struct name_part last_words[1 << LAST_BITS] = {
    N("Systems", "systems"),
    N("Labs", "labs"),
    N("Works", "works"),
    N("Group", "group"),
    N("Partners", "partners"),
    N("Studio", "studio"),
    N("Services", "services"),
    N("Solutions", "solutions"),
    N("Holdings", "holdings"),
    N("Industries", "industries"),
    N("Logistics", "logistics"),
    N("Analytics", "analytics"),
    N("Consulting", "consulting"),
    N("Ventures", "ventures"),
    N("Networks", "networks"),
    N("Software", "software"),
    N("Foundation", "foundation"),
    N("Institute", "institute"),
    N("Collective", "collective"),
    N("Trading", "trading"),
    N("Engineering", "engineering"),
    N("Design", "design"),
    N("Research", "research"),
    N("Supply", "supply"),
    N("GmbH", "gmbh"),
    N("BV", "bv"),
    N("Ltd.", "ltd"),
    N("S.A.", "sa"),
    N("AB", "ab"),
    N("K.K.", "kk"),
    N("LLC", "llc"),
    N("Inc.", "inc"),
};

/* Last words of companies that are in no population. */
static const struct name_part unknown_words[1 << UNKNOWN_BITS] = {
    N("Cooperative", "cooperative"),
    N("Guild", "guild"),
    N("Bureau", "bureau"),
    N("Assembly", "assembly"),
};

static const str types[] = {
    W("Privately Held"), W("Privately Held"),    W("Privately Held"), W("Privately Held"),
    W("Public Company"), W("Nonprofit"),         W("Partnership"),    W("Self-Employed"),
    W("Educational"),    W("Government Agency"),
};
static const struct list type_list = LIST(types);

uint64_t company_population(uint64_t people)
{
    return 16 + people / 8;
}

/* Half of all companies have fewer than 300 people, a few have 100,000. */
static uint32_t draw_headcount(struct rng *rng)
{
    uint32_t scale = (uint32_t)1 << rng_below(rng, 17);
    return scale + (uint32_t)rng_below(rng, scale);
}

static void choose_name(struct company *c)
{
    uint64_t words = (uint64_t)1 << NAME_BITS;
    uint64_t key = rng_key(c->seed, STREAM_COMPANY_NAME, c->is_unknown);
    uint64_t code = permute(key, words, c->index % words);
    c->series = c->index / words;
    c->first = &first_words[code >> (SECOND_BITS + LAST_BITS)];
    c->second = &second_words[(code >> LAST_BITS) % (1 << SECOND_BITS)];
    c->last = &last_words[code % (1 << LAST_BITS)];
    if (c->is_unknown) {
        c->series = c->series << (LAST_BITS - UNKNOWN_BITS) | code % (1 << LAST_BITS) >> UNKNOWN_BITS;
        c->last = &unknown_words[code % (1 << UNKNOWN_BITS)];
    }
}

struct company company_derive(uint64_t seed, uint64_t index, bool is_unknown)
{
    struct company c = {.seed = seed, .index = index, .is_unknown = is_unknown};
    struct rng rng = rng_at(seed, STREAM_COMPANY + (is_unknown ? STREAM_UNKNOWN : 0), index);
    uint64_t far = is_unknown ? (uint64_t)1 << 40 : 0;
    c.id = COMPANY_ID_BASE + far + index;
    c.network_id = COMPANY_NETWORK_ID_BASE + far + index;
    choose_name(&c);
    c.hq = &places[rng_below(&rng, places_count)];
    c.industry = rng_pick(&rng, &work_industries);
    c.type = rng_pick(&rng, &type_list);
    c.headcount = draw_headcount(&rng);
    c.founded = (uint32_t)rng_between(&rng, 1920, 2023);
    return c;
}

void company_put_name(struct out *o, const struct company *c)
{
    out_str(o, c->first->shown);
    out_char(o, ' ');
    out_str(o, c->second->shown);
    out_char(o, ' ');
    out_str(o, c->last->shown);
    if (c->series > 0) {
        out_char(o, ' ');
        out_u64(o, c->series);
    }
}

static void put_label(struct out *o, const struct company *c)
{
    out_char(o, '-');
    out_str(o, c->second->ascii);
    out_char(o, '-');
    out_str(o, c->last->ascii);
    if (c->series > 0) {
        out_char(o, '-');
        out_u64(o, c->series);
    }
}

void company_put_domain(struct out *o, const struct company *c)
{
    unicode_put_lower(o, c->first->shown);
    put_label(o, c);
    out_lit(o, ".example");
}

void company_put_slug(struct out *o, const struct company *c)
{
    out_lit(o, "example-");
    out_str(o, c->first->ascii);
    put_label(o, c);
}

str company_size_range(uint32_t headcount)
{
    static const struct {
        uint32_t most;
        str range;
    } sizes[] = {
        {10, W("1-10")},       {50, W("11-50")},       {200, W("51-200")},       {500, W("201-500")},
        {1000, W("501-1000")}, {5000, W("1001-5000")}, {10000, W("5001-10000")}, {UINT32_MAX, W("10001+")},
    };
    size_t i = 0;
    while (headcount > sizes[i].most) i++;
    return sizes[i].range;
}
