/* value/decimal: PostgreSQL's binary numeric, allocation failures of arithmetic */
#include "value/decimal.h"

#include <stdlib.h>

#include "check.h"

/* What numeric_send of PostgreSQL 15 gives. */
static const struct {
  const char *text, *hex;
} wire_cases[] = {
    {"0", "0000000000000000"},
    {"0.00", "0000000000000002"},
    {"1", "00010000000000000001"},
    {"-1", "00010000400000000001"},
    {"1.10", "0002000000000002000103e8"},
    {"10000", "00010001000000000001"},
    {"9999", "0001000000000000270f"},
    {"99999999", "0002000100000000270f270f"},
    {"0.0001", "0001ffff000000040001"},
    {"0.00001", "0001fffe0000000503e8"},
    {"-0.000000001", "0001fffd4000000903e8"},
    {"123456789.987654321", "0006000200000009000109291a852694153803e8"},
    {"100000000000000000000", "00010005000000000001"},
    {"0.00000000000000000001", "0001fffb000000140001"},
    {"NaN", "00000000c0000000"},
    {"Infinity", "00000000d0000020"},
    {"-Infinity", "00000000f0000020"},
    {"12345678901234567890123456789012345678901234567890.123456789",
     "0010000c00000009000c0d801ed204d2162e23340d801ed204d2162e23340d801ed204d2162e2328"},
    {"100.0000", "00010000000000040064"},
    {"-10000000000000000.5", "0006000440000001000100000000000000001388"},
    {"0.5000", "0001ffff000000041388"},
    {"-95422058791589062762230128916.1", "00090007400000010009152e024b23c623661dc60bc422d403e8"},
    {"-3614364503060.6", "0005000340000001000317ff19320bf41770"},
    {"-36.190193", "00030000400000060024076d2454"},
    {"0.1", "0001ffff0000000103e8"},
    {"-19783.6163192290048924901632980589", "000900014000001c0001263718130782232c22dc23380ce2024d"},
    {"-957363.90", "0003000140000002005f1cc32328"},
    {"0.6", "0001ffff000000011770"},
    {"7451441.80068675", "000400010000000802e905a11f4621e3"},
    {"-3168585242400242192000736.490", "000800064000000300030695214c0960097523f002e01324"},
    {"-2784218411672869249", "00050004400000000116107a10141c762421"},
    {"10482212.303277988612879", "000600010000000f041808a40bd81e7621a42256"},
    {"-9.9", "000200004000000100092328"},
    {"88198413211770709053735997.30991906", "0009000600000008005807c0052906ea1bb214fd176d0c1b0772"},
    {"-0.309211", "0002ffff400000060c14044c"},
    {"7887015150779267.215372331101115107835130",
     "000a0003000000181ecf009713d5243308691c41044d047f030f140a"},
    {"7", "00010000000000000007"},
    {"860.4759", "0002000000000004035c1297"},
    {"-24025604105.7369579", "000500024000000700f00a0010091cc9169e"},
    {"-3144779977625605125.803352157", "0008000440000009013a12ab26300a0014051f61145f1b58"},
    {"8510.8673588170", "000400000000000a213e21e116f91b58"},
    {"-3.0501", "0002000040000004000301f5"},
    {"1866.6982855", "0003000000000007074a1b462166"},
    {"692929204047861442877", "00060005000000000006244c23f401de18000b3d"},
    {"525908450928", "0003000200000000148b034d03a0"},
    {"2538263839608057505676381291.54", "000800060000000209ea0a4e0f781f7913c01dd6050b1518"},
    {"828085320099354254601637.7052293", "00080005000000072058215400630dd6155406651b8c0b72"},
    {"62467.2918784459580308741", "0007000100000013000609a30b661ea4174601341cf2"},
    {"71444302.64555", "00040001000000051be810ce19371388"},
    {"-23103047558116620.392896535886028547",
     "000a00044000001200020c1f01db16b319dc0f5825b516fe011d125c"},
    {"861053645751682.1156704616439", "000800030000000d035d021811df069204841b86066b2328"},
    {"-3408199037916842188426234.7478587098711",
     "000b00064000000d00030ff126af1eec20e5228a185a1d3616ee268f03e8"},
    {"-7.2989", "000200004000000400070bad"},
    {"871980479194824.058785522555", "000700030000000c0367264c1eef12d8024b216809fb"},
    {"419440967146374678032", "00060005000000000004079803c705b71d2b1f60"},
    {"111407407221411245433379.8364736144220",
     "000900050000000d045a02e41c35101011bf0d3320ac1cc11146"},
    {"7191966852.35358111059753780749", "0008000200000014004723ec1ac40dcf1faf0255150202ed"},
    {"-1434.92610392029162649716", "0006000040000014059a242d01880123187825f4"},
    {"82278.40", "0003000100000002000808e60fa0"},
    {"-9410378285432.503130607003448168383111",
     "000a000340000018000910071e94153813a70bf41b5b11811ab60c27"},
    {"-72.9", "000200004000000100482328"},
};

static am_decimal *parse(const char *text)
{
  am_decimal_scan scan;
  CHECK(am_decimal_scan_text(text, strlen(text), &scan));
  am_decimal *d = malloc(am_decimal_scan_size(&scan));
  am_decimal_scan_fill(&scan, d);
  return d;
}

TEST(wire_numbers_are_read_as_their_text)
{
  for (size_t i = 0; i < sizeof wire_cases / sizeof *wire_cases; i++) {
    unsigned char bytes[128];
    size_t size = strlen(wire_cases[i].hex) / 2;
    for (size_t k = 0; k < size; k++) {
      unsigned value;
      sscanf(wire_cases[i].hex + 2 * k, "%2x", &value);
      bytes[k] = (unsigned char)value;
    }
    am_decimal_wire wire;
    CHECK(am_decimal_wire_read(bytes, size, &wire));
    am_decimal *d = malloc(am_decimal_wire_size(&wire));
    am_decimal_wire_fill(&wire, d);
    am_strbuf text = AM_STRBUF_INIT;
    am_decimal_print_plain(d, &text);
    CHECK_TEXT(text.text, wire_cases[i].text);
    am_strbuf_deinit(&text);
    free(d);
    CHECK(!am_decimal_wire_read(bytes, size - 1, &wire));
  }
}

TEST(wire_numbers_are_written_as_the_server_does)
{
  for (size_t i = 0; i < sizeof wire_cases / sizeof *wire_cases; i++) {
    am_decimal *d = parse(wire_cases[i].text);
    am_strbuf bytes = AM_STRBUF_INIT, again = AM_STRBUF_INIT;
    CHECK(am_decimal_wire_print(d, &bytes));
    am_decimal_wire wire;
    CHECK(am_decimal_wire_read((const unsigned char *)bytes.text, bytes.size, &wire));
    am_decimal *back = malloc(am_decimal_wire_size(&wire));
    am_decimal_wire_fill(&wire, back);
    am_decimal_print_plain(back, &again);
    CHECK_TEXT(again.text, wire_cases[i].text);
    am_strbuf_deinit(&bytes), am_strbuf_deinit(&again);
    free(back), free(d);
  }
}

TEST(long_operands_survive_every_failed_allocation)
{
  char text[2001];
  memset(text, '7', 2000);
  text[2000] = '\0';
  am_decimal *a = parse(text), *b = parse("3E-900");
  am_decimal_binary *const operations[] = {am_decimal_add, am_decimal_multiply, am_decimal_divide};
  for (int i = 0; i < 3; i++) EACH_FAULT
    {
      am_decimal_result result;
      am_error err = AM_ERROR_INIT;
      bool ok = operations[i](a, b, &result, &err);
      CHECK(ok || err.cls == AM_ERR_MEMORY);
      am_error_clear(&err);
    }
  free(a), free(b);
}

RUN({"wire_numbers_are_read_as_their_text", wire_numbers_are_read_as_their_text},
    {"wire_numbers_are_written_as_the_server_does", wire_numbers_are_written_as_the_server_does},
    {"long_operands_survive_every_failed_allocation",
     long_operands_survive_every_failed_allocation})
