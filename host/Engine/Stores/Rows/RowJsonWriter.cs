using System.Buffers;
using System.Text;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>Writes attributes as DynamoDB JSON.</summary>
internal static class RowJsonWriter
{
    public static void WriteAttributes(IBufferWriter<byte> output, IEnumerable<KeyValuePair<string, RowValue>> attributes)
    {
        output.Write("{"u8);
        var first = true;
        foreach (var (name, value) in attributes)
        {
            if (!first)
            {
                output.Write(","u8);
            }

            first = false;
            JsonText.WriteQuoted(output, name);
            output.Write(":"u8);
            WriteValue(output, value);
        }

        output.Write("}"u8);
    }

    public static void WriteValue(IBufferWriter<byte> output, RowValue value)
    {
        output.Write("{\""u8);
        output.Write(Tag(value.Kind));
        output.Write("\":"u8);
        if (value.Kind is RowValueKind.S or RowValueKind.N)
        {
            JsonText.WriteQuoted(output, value.Text);
        }
        else
        {
            Encoding.UTF8.GetBytes(value.Text, output);
        }

        output.Write("}"u8);
    }

    public static ReadOnlySpan<byte> Tag(RowValueKind kind) => kind switch
    {
        RowValueKind.S => "S"u8,
        RowValueKind.N => "N"u8,
        RowValueKind.BOOL => "BOOL"u8,
        RowValueKind.NULL => "NULL"u8,
        RowValueKind.M => "M"u8,
        RowValueKind.L => "L"u8,
        RowValueKind.B => "B"u8,
        RowValueKind.SS => "SS"u8,
        RowValueKind.NS => "NS"u8,
        RowValueKind.BS => "BS"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind of value."),
    };
}
