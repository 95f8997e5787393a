/*
 * places.c - a list of towns, and a town as text. Contract in places.h.
 */
#include "places.h"

#define NONE                                                                                                 \
    {                                                                                                        \
        NULL, 0                                                                                              \
    }
#define P(city, state, country, continent, iso3, iso2, origin)                                               \
    {                                                                                                        \
        W(city), state, W(country), W(continent), W(iso3), W(iso2), ORIGIN_##origin                          \
    }

const struct place places[] = {
    P("Rotterdam", W("South Holland"), "Netherlands", "Europe", "NLD", "nl", WESTERN),
    P("Utrecht", NONE, "Netherlands", "Europe", "NLD", "nl", WESTERN),
    P("London", W("England"), "United Kingdom", "Europe", "GBR", "uk", WESTERN),
    P("Leeds", W("England"), "United Kingdom", "Europe", "GBR", "uk", WESTERN),
    P("Dublin", W("County Dublin"), "Ireland", "Europe", "IRL", "ie", WESTERN),
    P("Austin", W("Texas"), "United States", "North America", "USA", "us", WESTERN),
    P("Denver", W("Colorado"), "United States", "North America", "USA", "us", WESTERN),
    P("San Francisco", W("California"), "United States", "North America", "USA", "us", WESTERN),
    P("New York", W("New York"), "United States", "North America", "USA", "us", WESTERN),
    P("Columbus", W("Ohio"), "United States", "North America", "USA", "us", WESTERN),
    P("Portland", W("Oregon"), "United States", "North America", "USA", "us", WESTERN),
    P("Toronto", W("Ontario"), "Canada", "North America", "CAN", "ca", WESTERN),
    P("Montréal", W("Québec"), "Canada", "North America", "CAN", "ca", ACCENTED),
    P("Sydney", W("New South Wales"), "Australia", "Oceania", "AUS", "au", WESTERN),
    P("Wellington", NONE, "New Zealand", "Oceania", "NZL", "nz", WESTERN),
    P("Cape Town", W("Western Cape"), "South Africa", "Africa", "ZAF", "za", WESTERN),
    P("Nairobi", NONE, "Kenya", "Africa", "KEN", "ke", WESTERN),
    P("Lagos", W("Lagos State"), "Nigeria", "Africa", "NGA", "ng", WESTERN),
    P("Berlin", W("Berlin"), "Germany", "Europe", "DEU", "de", ACCENTED),
    P("Köln", W("Nordrhein-Westfalen"), "Germany", "Europe", "DEU", "de", ACCENTED),
    P("Zürich", W("Zürich"), "Switzerland", "Europe", "CHE", "ch", ACCENTED),
    P("Lyon", W("Auvergne-Rhône-Alpes"), "France", "Europe", "FRA", "fr", ACCENTED),
    P("Málaga", W("Andalucía"), "Spain", "Europe", "ESP", "es", ACCENTED),
    P("São Paulo", W("São Paulo"), "Brazil", "South America", "BRA", "br", ACCENTED),
    P("Bogotá", NONE, "Colombia", "South America", "COL", "co", ACCENTED),
    P("Göteborg", W("Västra Götaland"), "Sweden", "Europe", "SWE", "se", ACCENTED),
    P("Kraków", W("Małopolskie"), "Poland", "Europe", "POL", "pl", ACCENTED),
    P("İzmir", NONE, "Türkiye", "Asia", "TUR", "tr", ACCENTED),
    P("Đà Nẵng", NONE, "Việt Nam", "Asia", "VNM", "vn", ACCENTED),
    P("Київ", NONE, "Україна", "Europe", "UKR", "ua", CYRILLIC),
    P("Plovdiv", NONE, "Bulgaria", "Europe", "BGR", "bg", CYRILLIC),
    P("Almaty", NONE, "Kazakhstan", "Asia", "KAZ", "kz", CYRILLIC),
    P("上海", W("上海市"), "中国", "Asia", "CHN", "cn", CHINESE),
    P("Taipei", NONE, "Taiwan", "Asia", "TWN", "tw", CHINESE),
    P("大阪市", W("大阪府"), "日本", "Asia", "JPN", "jp", JAPANESE),
    P("Tokyo", NONE, "Japan", "Asia", "JPN", "jp", JAPANESE),
    P("서울", NONE, "대한민국", "Asia", "KOR", "kr", KOREAN),
    P("Dubai", W("Dubai"), "United Arab Emirates", "Asia", "ARE", "ae", ARABIC),
    P("القاهرة", NONE, "مصر", "Africa", "EGY", "eg", ARABIC),
    P("Θεσσαλονίκη", W("Central Macedonia"), "Greece", "Europe", "GRC", "gr", GREEK),
    P("Bengaluru", W("Karnataka"), "India", "Asia", "IND", "in", HINDI),
    P("Pune", W("Maharashtra"), "India", "Asia", "IND", "in", WESTERN),
};
const uint32_t places_count = COUNT_OF(places);

void place_put_full(struct out *o, const struct place *place)
{
    out_str(o, place->city);
    if (place->state.p != NULL) {
        out_lit(o, ", ");
        out_str(o, place->state);
    }
    out_lit(o, ", ");
    out_str(o, place->country);
}

void place_json_members(struct out *o, const struct place *place)
{
    json_put_string(o, "city", place->city);
    json_put_nullable(o, "state", place->state);
    json_put_string(o, "country", place->country);
    json_put_string(o, "continent", place->continent);
    json_begin_string(o, "raw");
    place_put_full(o, place);
    json_unquote(o);
}
